"""The equations of `cell.py` as one autograd function for each layer over many time steps."""
