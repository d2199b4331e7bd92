"""Where channels, time and space are in a file: guessed where the file makes it plain, else named."""

import numpy as np
import pytest

import framecast
from framecast_gridded.fields import Fields


def grid_of(path, settings_for, **named):
    return Fields.open(settings_for(path, **named)).grid


def refusal(path, settings_for, **named):
    """The one line that says why the file is refused."""
    with pytest.raises(framecast.InputError) as refused:
        Fields.open(settings_for(path, **named))
    said = str(refused.value)
    assert "\n" not in said
    return said


def test_time_and_space_are_found_by_themselves(written, settings_for, air_field):
    grid = grid_of(written("air.nc", air=air_field), settings_for)

    assert (grid.variables, grid.time, grid.y, grid.x) == (("air",), "time", "latitude", "longitude")
    assert (grid.height, grid.width) == (37, 49)


def test_time_is_found_by_its_dates_whatever_its_name(written, settings_for, air_field, sea_field):
    for field in (air_field, sea_field):  # cftime's dates, and NumPy's
        path = written(f"{field.name}.nc", field=field.rename(time="when"))

        assert grid_of(path, settings_for).time == "when"


def test_time_without_dates_or_a_usual_name_must_be_named(written, settings_for, air_field):
    path = written("air.nc", air=air_field.drop_vars("time").rename(time="step"))

    assert "data.time: which dimension is time is unknown; the file has " in refusal(path, settings_for)
    assert grid_of(path, settings_for, time="step").time == "step"


def test_space_can_be_named_whatever_the_order_on_disk(written, settings_for, air_field):
    path = written("air.nc", air=air_field.transpose("longitude", "time", "latitude"))
    fields = Fields.open(settings_for(path, y="latitude", x="longitude"))

    assert np.array_equal(fields.read(3, 2)[:, 0], air_field[3:5])


def test_one_named_dimension_leaves_the_other_to_be_found(written, settings_for, air_field):
    path = written("air.nc", air=air_field)

    assert grid_of(path, settings_for, y="longitude")[3:5] == ("longitude", "latitude")
    assert grid_of(path, settings_for, x="latitude")[3:5] == ("longitude", "latitude")


@pytest.mark.parametrize("key", ["time", "y", "x"])
def test_a_dimension_that_is_not_there_is_refused_with_those_that_are(written, settings_for, air_field, key):
    said = refusal(written("air.nc", air=air_field), settings_for, variables=("air",), **{key: "height"})

    assert said.startswith(f"data.{key}: ")
    assert "height" in said
    assert "time (240), latitude (37), longitude (49)" in said


@pytest.mark.parametrize("named", [{"y": "time"}, {"x": "time"}, {"y": "latitude", "x": "latitude"}])
def test_one_dimension_for_two_purposes_is_refused(written, settings_for, air_field, named):
    said = refusal(written("air.nc", air=air_field), settings_for, variables=("air",), **named)

    assert "time, y and x must be three dimensions" in said


def test_variables_become_channels_in_the_order_asked(written, settings_for, air_field):
    path = written("air.nc", warm=air_field, cold=air_field - 100, twice=2 * air_field)
    fields = Fields.open(
        settings_for(
            path,
            variables=(
                "twice",
                "warm",
            ),
        )
    )

    assert fields.grid.variables == ("twice", "warm")
    assert np.array_equal(fields.read(0, 4), np.stack([2 * air_field[:4], air_field[:4]], axis=1))


def test_without_names_all_variables_over_time_and_space_are_taken(written, settings_for, air_field):
    path = written(
        "air.nc",
        air=air_field,
        mean=air_field.mean(("latitude", "longitude")),
        first=air_field[0],
        cold=air_field - 100,
    )

    assert grid_of(path, settings_for).variables == ("air", "cold")


def test_a_wrong_name_is_refused_with_the_right_one(written, settings_for, air_field):
    path = written("air.nc", air_temperature=air_field)

    assert refusal(path, settings_for, variables=("air_temprature",)).startswith(
        "data.variables: there is no air_temprature"
    )
    assert "air_temperature" in refusal(path, settings_for, variables=("air_temprature",))


def test_a_wrong_name_lists_what_there_is(written, settings_for, air_field):
    path = written("air.nc", warm=air_field, cold=air_field - 100)
    said = refusal(path, settings_for, variables=("rain",))

    assert "warm" in said
    assert "cold" in said


def test_a_file_without_fields_says_what_it_has(written, settings_for, air_field):
    said = refusal(written("air.nc", mean=air_field.mean("longitude")), settings_for)

    assert "no variable is over time and two more dimensions" in said
    assert "latitude (37)" in said


def test_a_dimension_of_length_1_is_dropped(written, settings_for, air_field):
    fields = Fields.open(settings_for(written("air.nc", air=air_field.expand_dims(height=[2.0], axis=1))))

    assert np.array_equal(fields.read(0, 2)[:, 0], air_field[:2])


def test_a_dimension_of_levels_is_refused_by_name(written, settings_for, air_field):
    said = refusal(written("air.nc", air=air_field.expand_dims(level=[500, 850], axis=1)), settings_for)

    assert "select one of level beforehand" in said
    assert "level (2)" in said


def test_variables_on_grids_of_their_own_are_refused(written, settings_for, air_field):
    staggered = air_field[:, :, 1:].rename(longitude="longitude_u").drop_vars("longitude_u")
    said = refusal(written("air.nc", u=staggered, v=air_field), settings_for)

    assert "name variables that share one grid" in said


def test_words_are_refused(written, settings_for, air_field):
    path = written("air.nc", words=air_field[:4].astype(int).astype(str), air=air_field[:4])

    assert "data.variables: words holds" in refusal(path, settings_for, variables=("words",))


def test_whole_numbers_are_fields_too(written, settings_for, air_field):
    whole = air_field.round().astype("int16")
    fields = Fields.open(settings_for(written("air.nc", air=whole)))

    assert np.array_equal(fields.read(0, 3)[:, 0], whole[:3])
    assert fields.read(0, 3).dtype == np.float32
