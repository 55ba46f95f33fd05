#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_COROUTINE_RESERVED_ARRAY_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_COROUTINE_RESERVED_ARRAY_H_

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <type_traits>

namespace understudy::station_agent::runtime {

// Address space for `bound` zeroed elements that never move; memory comes when they are touched
// and can be given back. For plain data.
template <typename T>
class ReservedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit ReservedArray(size_t bound) : bytes_(RoundUp(bound * sizeof(T))) {
    void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) std::abort();  // no address space: nothing can run
    data_ = static_cast<T*>(memory);
  }
  ~ReservedArray() { munmap(data_, bytes_); }

  ReservedArray(const ReservedArray&) = delete;
  ReservedArray& operator=(const ReservedArray&) = delete;

  T& operator[](size_t index) { return data_[index]; }
  const T& operator[](size_t index) const { return data_[index]; }
  T* data() { return data_; }
  const T* data() const { return data_; }

  // Brings memory for [begin, end) in one call rather than by one fault a page; both are rounded
  // inwards to pages.
  void Populate(size_t begin, size_t end) {
#ifdef MADV_POPULATE_WRITE
    Advise(begin, end, MADV_POPULATE_WRITE);
#endif
    (void)begin, (void)end;
  }
  // Gives the whole pages in [begin, end) back; they read as zeros again.
  void Release(size_t begin, size_t end) { Advise(begin, end, MADV_DONTNEED); }

 private:
  static constexpr size_t kPage = 4096;

  static size_t RoundUp(size_t bytes) { return (bytes + kPage - 1) & ~(kPage - 1); }

  void Advise(size_t begin, size_t end, int advice) {
    const size_t first = RoundUp(begin * sizeof(T));
    const size_t last = (end * sizeof(T)) & ~(kPage - 1);
    if (first < last) madvise(reinterpret_cast<char*>(data_) + first, last - first, advice);
  }

  size_t bytes_;
  T* data_ = nullptr;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_COROUTINE_RESERVED_ARRAY_H_
