// A CUDA device for machines without one: its memory is host memory, its kernels are the CPU's.
//
// A CPU build of torch leaves the CUDA dispatch key empty; this file fills it. Tensors are on `cuda:0`, autocast uses
// its CUDA lists, and code that tests for `device.type == "cuda"` takes that branch, with real numbers. Tensors of
// different devices in one operation are refused, as a GPU refuses them.
#include <torch/extension.h>

#include <ATen/EmptyTensor.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/csrc/distributed/c10d/reducer_timer.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <unordered_set>

namespace {

using c10::Device;
using c10::DeviceIndex;
using c10::DeviceType;
using c10::Stream;

// ---------------------------------------------------------------- devices

constexpr DeviceIndex most_devices = 16;
thread_local DeviceIndex current = 0;

// As many as SIMULATED_GPUS says, or CUDA_VISIBLE_DEVICES names. Read each time: a test may change them.
DeviceIndex visible_devices() {
  const char* simulated = std::getenv("SIMULATED_GPUS");
  const int present = std::clamp(simulated ? std::atoi(simulated) : 0, 0, static_cast<int>(most_devices));
  const char* chosen = std::getenv("CUDA_VISIBLE_DEVICES");
  if (!chosen) return static_cast<DeviceIndex>(present);
  const std::string names(chosen);
  if (names.empty()) return 0;
  return static_cast<DeviceIndex>(std::min<int>(present, 1 + std::count(names.begin(), names.end(), ',')));
}

void set_device(DeviceIndex index) {
  TORCH_CHECK(
      index < visible_devices(), "CUDA error: invalid device ordinal ", static_cast<int>(index), " of ",
      static_cast<int>(visible_devices()), " (simulated)");
  if (index >= 0) current = index;
}

DeviceIndex exchange_device(DeviceIndex index) {
  const auto before = current;
  set_device(index);
  return before;
}

// ---------------------------------------------------------------- memory

struct Usage {
  std::atomic<int64_t> now{0}, peak{0};
};
Usage usage[most_devices];
int64_t capacity = std::numeric_limits<int64_t>::max();

struct Block {
  void* data;
  int64_t bytes;
  DeviceIndex device;
};

void free_block(void* context) {
  auto* block = static_cast<Block*>(context);
  usage[block->device].now -= block->bytes;
  std::free(block->data);
  delete block;
}

struct DeviceMemory final : c10::Allocator {
  c10::DataPtr allocate(size_t size) override {
    const auto bytes = static_cast<int64_t>(size);
    auto& used = usage[current];
    void* data = nullptr;
    if (used.now + bytes > capacity || (bytes && posix_memalign(&data, 512, size))) {
      TORCH_CHECK_WITH(
          OutOfMemoryError, false, "CUDA out of memory. Tried to allocate ", bytes >> 20, " MiB. GPU ",
          static_cast<int>(current), " has ", used.now >> 20, " MiB in use. (simulated)");
    }
    const int64_t now = used.now += bytes;
    int64_t peak = used.peak;
    while (now > peak && !used.peak.compare_exchange_weak(peak, now)) {
    }
    return {data, new Block{data, bytes, current}, &free_block, Device(DeviceType::CUDA, current)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return nullptr; }
  void copy_data(void* to, const void* from, size_t count) const override { std::memcpy(to, from, count); }
};
DeviceMemory device_memory;

// Pinned memory is host memory of which we know that it is pinned.
std::mutex pinned_lock;
std::map<const char*, size_t> pinned;

void unpin(void* data) {
  {
    std::lock_guard<std::mutex> hold(pinned_lock);
    pinned.erase(static_cast<const char*>(data));
  }
  std::free(data);
}

bool is_pinned(const void* data) {
  std::lock_guard<std::mutex> hold(pinned_lock);
  auto after = pinned.upper_bound(static_cast<const char*>(data));
  if (after == pinned.begin()) return false;
  --after;
  return static_cast<const char*>(data) < after->first + after->second;
}

struct PinnedMemory final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    void* data = nullptr;
    TORCH_CHECK(!bytes || !posix_memalign(&data, 512, bytes), "out of pinned memory (simulated)");
    std::lock_guard<std::mutex> hold(pinned_lock);
    if (data) pinned[static_cast<const char*>(data)] = bytes;
    return {data, data, &unpin, Device(DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &unpin; }
  void copy_data(void* to, const void* from, size_t count) const override { std::memcpy(to, from, count); }
};
PinnedMemory pinned_memory;

// ---------------------------------------------------------------- streams and events: all is done at once, in order

struct Guard final : c10::impl::DeviceGuardImplInterface {
  DeviceType type() const override { return DeviceType::CUDA; }
  Device exchangeDevice(Device device) const override { return {DeviceType::CUDA, exchange_device(device.index())}; }
  Device getDevice() const override { return {DeviceType::CUDA, current}; }
  void setDevice(Device device) const override { set_device(device.index()); }
  void uncheckedSetDevice(Device device) const noexcept override {
    if (device.index() >= 0) current = device.index();
  }
  DeviceIndex deviceCount() const noexcept override { return most_devices; }  // autograd starts a thread for each
  Stream getStream(Device device) const override { return Stream(Stream::DEFAULT, device); }
  Stream getDefaultStream(Device device) const override { return getStream(device); }
  Stream getStreamFromGlobalPool(Device device, bool) const override { return getStream(device); }
  Stream getNewStream(Device device, int) const override { return getStream(device); }
  Stream exchangeStream(Stream stream) const override { return stream; }
  void record(void** event, const Stream&, const DeviceIndex, const c10::EventFlag) const override {
    *event = const_cast<Guard*>(this);
  }
  void block(void*, const Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  bool queryStream(const Stream&) const override { return true; }
  void synchronizeStream(const Stream&) const override {}
  void synchronizeEvent(void*) const override {}
  void synchronizeDevice(const DeviceIndex) const override {}
  void recordDataPtrOnStream(const c10::DataPtr&, const Stream&) const override {}
};
C10_REGISTER_GUARD_IMPL(CUDA, Guard)

}  // namespace

namespace at {

// What torch's CPU half asks of its CUDA half.
struct SimulatedHooks final : CUDAHooksInterface {
  void init() const override {}
  bool hasCUDA() const override { return visible_devices() > 0; }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return visible_devices() > 0; }
  bool hasPrimaryContext(DeviceIndex) const override { return true; }
  DeviceIndex deviceCount() const override { return visible_devices(); }
  int getNumGPUs() const override { return visible_devices(); }
  DeviceIndex current_device() const override { return current; }
  DeviceIndex getCurrentDevice() const override { return current; }
  void setCurrentDevice(DeviceIndex device) const override { set_device(device); }
  DeviceIndex exchangeDevice(DeviceIndex device) const override { return exchange_device(device); }
  DeviceIndex maybeExchangeDevice(DeviceIndex device) const override {
    return device < 0 ? current : exchange_device(device);
  }
  bool isPinnedPtr(const void* data) const override { return is_pinned(data); }
  Allocator* getPinnedMemoryAllocator() const override { return &pinned_memory; }
  Device getDeviceFromPtr(void*) const override { return {DeviceType::CUDA, current}; }
  void deviceSynchronize(DeviceIndex) const override {}
};

// torch makes its own, empty hooks as it is imported, before any others could be registered, and keeps them: that
// object gets our methods, by its pointer to its class's virtual functions.
void replace_hooks() {
  static const SimulatedHooks ours;
  auto& theirs = const_cast<CUDAHooksInterface&>(detail::getCUDAHooks());
  *reinterpret_cast<void**>(&theirs) = *reinterpret_cast<void* const*>(&ours);
}

}  // namespace at

namespace {

// A CPU tensor over the bytes of a device's tensor.
at::Tensor on_host(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.is_cpu()) return tensor;
  const auto options = tensor.options().device(at::kCPU).requires_grad(false);
  if (tensor.numel() == 0) return at::empty_strided(tensor.sizes(), tensor.strides(), options);
  auto storage = tensor.storage();  // kept alive by the deleter
  return at::from_blob(
      tensor.data_ptr(), tensor.sizes(), tensor.strides(), [storage](void*) {}, options);
}

// ---------------------------------------------------------------- operations that make, view, copy and resize

constexpr c10::DispatchKeySet cuda_key(c10::DispatchKey::CUDA);

at::Tensor empty(
    c10::SymIntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
    std::optional<Device> device, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  const c10::DeviceGuard guard(c10::device_or_default(device));
  return at::detail::empty_generic(
      C10_AS_INTARRAYREF_SLOW(size), &device_memory, cuda_key, c10::dtype_or_default(dtype), format);
}

at::Tensor empty_strided(
    c10::SymIntArrayRef size, c10::SymIntArrayRef stride, std::optional<at::ScalarType> dtype,
    std::optional<at::Layout>, std::optional<Device> device, std::optional<bool>) {
  const c10::DeviceGuard guard(c10::device_or_default(device));
  return at::detail::empty_strided_generic(
      C10_AS_INTARRAYREF_SLOW(size), C10_AS_INTARRAYREF_SLOW(stride), &device_memory, cuda_key,
      c10::dtype_or_default(dtype));
}

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool) {
  on_host(to).copy_(on_host(from));
  return to;
}

at::Tensor& copy_(at::Tensor& to, const at::Tensor& from, bool) {
  copy_from(from, to, false);
  return to;
}

// Gives a storage at least so many bytes, and keeps those that it has.
void grow(const at::Tensor& tensor, size_t bytes) {
  auto* storage = tensor.storage().unsafeGetStorageImpl();
  if (storage->nbytes() >= bytes) return;
  const c10::DeviceGuard guard(tensor.device());
  auto larger = device_memory.allocate(bytes);
  if (storage->nbytes()) std::memcpy(larger.get(), storage->data(), storage->nbytes());
  storage->set_data_ptr_noswap(std::move(larger));
  storage->set_nbytes(bytes);
}

const at::Tensor& resize_(
    const at::Tensor& self, c10::SymIntArrayRef symbolic, std::optional<at::MemoryFormat> format) {
  const auto size = C10_AS_INTARRAYREF_SLOW(symbolic);
  auto* tensor = self.unsafeGetTensorImpl();
  if (self.sizes() != size) {
    tensor->set_sizes_contiguous(size);
    if (format && *format != at::MemoryFormat::Preserve) tensor->empty_tensor_restride(*format);
  }
  grow(self, (self.storage_offset() + self.numel()) * self.element_size());
  return self;
}

at::Tensor copy_from_and_resize(const at::Tensor& from, const at::Tensor& to) {
  if (to.sizes() != from.sizes()) resize_(to, from.sym_sizes(), std::nullopt);
  return copy_from(from, to, false);
}

at::Tensor& set_storage(
    at::Tensor& self, at::Storage source, c10::SymInt offset, c10::SymIntArrayRef size, c10::SymIntArrayRef stride) {
  auto* tensor = self.unsafeGetTensorImpl();
  tensor->set_storage_keep_dtype(std::move(source));
  tensor->set_storage_offset(offset.expect_int());
  const auto sizes = C10_AS_INTARRAYREF_SLOW(size);
  if (stride.empty() && !sizes.empty()) {
    tensor->set_sizes_contiguous(sizes);
  } else {
    tensor->set_sizes_and_strides(sizes, C10_AS_INTARRAYREF_SLOW(stride));
  }
  return self;
}

at::Tensor& set_tensor(at::Tensor& self, const at::Tensor& source) {
  if (self.is_same(source)) return self;
  return set_storage(self, source.storage(), source.sym_storage_offset(), source.sym_sizes(), source.sym_strides());
}

at::Tensor& set_whole_storage(at::Tensor& self, at::Storage source) {
  const auto count = static_cast<int64_t>(source.nbytes() / self.itemsize());
  return set_storage(self, std::move(source), 0, std::vector<c10::SymInt>{count}, {});
}

at::Tensor& set_empty(at::Tensor& self) {
  return set_tensor(self, at::empty({0}, self.options()));
}

// ---------------------------------------------------------------- all other operations: the CPU's kernels

// Those that a GPU, too, takes with tensors of the CPU among its own.
const std::unordered_set<std::string> mixing{
    "aten::copy_",           "aten::_to_copy",   "aten::index.Tensor", "aten::index_put_",
    "aten::_index_put_impl_", "aten::index_put", "aten::set_.source_Tensor"};

void refuse_mixed_devices(const c10::OperatorHandle& op, const torch::jit::Stack& stack) {
  const auto name = toString(op.operator_name());
  if (mixing.count(name)) return;
  std::optional<Device> first;
  auto check = [&](const at::Tensor& tensor) {
    if (!tensor.defined() || (tensor.is_cpu() && tensor.dim() == 0)) return;  // any device takes a CPU scalar
    TORCH_CHECK(
        !first || *first == tensor.device(),
        "Expected all tensors to be on the same device, but found at least two devices, ", *first, " and ",
        tensor.device(), "! (simulated, in ", name, ")");
    first = tensor.device();
  };
  for (const auto& value : torch::jit::last(stack, op.schema().arguments().size())) {
    if (value.isTensor()) {
      check(value.toTensor());
    } else if (value.isTensorList()) {
      for (const at::Tensor& each : value.toTensorList()) check(each);
    } else if (value.isOptionalTensorList()) {
      for (const std::optional<at::Tensor>& each : value.toOptionalTensorList())
        if (each) check(*each);
    }
  }
}

void on_cpu(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  refuse_mixed_devices(op, *stack);
  at::native::cpu_fallback(op, stack);
}

TORCH_LIBRARY_IMPL(_, CUDA, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&on_cpu>()); }

TORCH_LIBRARY_IMPL(aten, CUDA, m) {
  m.impl("empty.memory_format", TORCH_FN(empty));
  m.impl("empty_strided", TORCH_FN(empty_strided));
  m.impl("as_strided", TORCH_FN(at::native::as_strided_tensorimpl));
  m.impl("view", TORCH_FN(at::native::view));
  m.impl("_reshape_alias", TORCH_FN(at::native::_reshape_alias));
  m.impl("unfold", TORCH_FN(at::native::unfold));
  m.impl("copy_", TORCH_FN(copy_));
  m.impl("_copy_from", TORCH_FN(copy_from));
  m.impl("_copy_from_and_resize", TORCH_FN(copy_from_and_resize));
  m.impl("resize_", TORCH_FN(resize_));
  m.impl("set_.source_Storage_storage_offset", TORCH_FN(set_storage));
  m.impl("set_.source_Tensor", TORCH_FN(set_tensor));
  m.impl("set_.source_Storage", TORCH_FN(set_whole_storage));
  m.impl("set_", TORCH_FN(set_empty));
  // composite ones that would look for a CUDA kernel of their own
  for (const char* name : {"convolution", "convolution_backward", "_fused_adam_", "_fused_adamw_", "_fused_sgd_"})
    m.impl(name, torch::CppFunction::makeFromBoxedFunction<&on_cpu>());
}

}  // namespace

namespace c10d {

// DistributedDataParallel's clock on a device.
struct HostTimer final : Timer {
  explicit HostTimer(c10::Device) {}
  std::optional<int64_t> measureDifference(Event start, Event end) override {
    const auto from = getTimeRef(start), to = getTimeRef(end);
    if (from < 0 || to < from) return std::nullopt;
    return to - from;
  }
};
C10_REGISTER_TYPED_CLASS(TimerRegistry, c10::kCUDA, HostTimer)

}  // namespace c10d

PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) {
  c10::SetAllocator(DeviceType::CUDA, &device_memory);
  at::replace_hooks();
  m.def("visible_devices", [] { return static_cast<int>(visible_devices()); });
  m.def("current_device", [] { return static_cast<int>(current); });
  m.def("set_device", [](int index) { set_device(static_cast<DeviceIndex>(index)); });
  m.def("on_host", &on_host, "A CPU tensor over the same bytes");
  m.def("set_capacity", [](int64_t bytes) { capacity = bytes; }, "Bytes that each device has");
  m.def("memory_now", [](int index) { return usage[index].now.load(); });
  m.def("memory_peak", [](int index) { return usage[index].peak.load(); });
  m.def("reset_peak", [](int index) { usage[index].peak = usage[index].now.load(); });
}
