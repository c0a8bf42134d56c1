#include "gordian/internal/stacks.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "gordian/internal/forked.h"
#include "gordian/internal/task.h"
#include "instrument/recorder/options.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define GORDIAN_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define GORDIAN_TSAN 1
#endif
#endif

namespace gordian::internal {
namespace {

// Sanitizers make frames several times as large.
#if defined(GORDIAN_ASAN) || defined(GORDIAN_TSAN)
constexpr std::size_t kDefaultStackBytes = std::size_t{1} << 20;
#else
constexpr std::size_t kDefaultStackBytes = std::size_t{256} << 10;
#endif
constexpr std::size_t kStacksPerSlab = 64;
constexpr std::size_t kMaxGuardPages = 20'000;
constexpr std::size_t kCanaryWords = 16;
constexpr int kGuardInstall = 102;  // MADV_GUARD_INSTALL; older headers lack it

std::atomic<std::size_t> g_guard_pages{0};

std::size_t PageBytes() {
  static const std::size_t bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

// Asks the kernel once, on a page of our own.
bool HasGuardRegions() {
  static const bool has = [] {
    void* page =
        mmap(nullptr, PageBytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return false;
    const bool installed = madvise(page, PageBytes(), kGuardInstall) == 0;
    munmap(page, PageBytes());
    return installed;
  }();
  return has;
}

GuardKind PlaceGuard(std::byte* page) {
  if (HasGuardRegions() && madvise(page, PageBytes(), kGuardInstall) == 0) {
    return GuardKind::kRegion;
  }
  if (g_guard_pages.fetch_add(1, std::memory_order_relaxed) < kMaxGuardPages &&
      mprotect(page, PageBytes(), PROT_NONE) == 0) {
    return GuardKind::kPage;
  }
  return GuardKind::kCanary;
}

struct Slab {
  SpinLock lock;
  std::byte* next = nullptr;
  std::size_t left = 0;  // stacks not yet handed out
};
constinit Slab g_slab;

bool NewSlab() {
  const std::size_t bytes = StackBytes() * kStacksPerSlab;
  void* slab = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (slab == MAP_FAILED) return false;
  // A huge page would make every stack that is touched once cost two megabytes.
  madvise(slab, bytes, MADV_NOHUGEPAGE);
  g_slab.next = static_cast<std::byte*>(slab);
  g_slab.left = kStacksPerSlab;
  return true;
}

}  // namespace

// A fork may have come between its two fields.
void ForgetStacks() {
  g_slab.next = nullptr;
  g_slab.left = 0;
}

std::size_t StackBytes() {
  static const std::size_t bytes = [] {
    const std::size_t page = PageBytes();
    const std::size_t asked = recorder::ProcessOptions().stack_size;
    const std::size_t wanted = asked != 0 ? asked : kDefaultStackBytes;
    return std::max((wanted + page - 1) / page * page, 4 * page);
  }();
  return bytes;
}

GuardKind NextGuardKind() {
  if (HasGuardRegions()) return GuardKind::kRegion;
  return g_guard_pages.load(std::memory_order_relaxed) < kMaxGuardPages ? GuardKind::kPage
                                                                        : GuardKind::kCanary;
}

bool NewStack(Stack& stack) {
  g_slab.lock.Lock();
  const bool have = g_slab.left > 0 || NewSlab();
  std::byte* const base = g_slab.next;
  if (have) {
    g_slab.next += StackBytes();
    --g_slab.left;
  }
  g_slab.lock.Unlock();
  if (!have) return false;
  stack.guard = PlaceGuard(base);
  stack.bottom = base + PageBytes();
  stack.size = StackBytes() - PageBytes();
#ifdef GORDIAN_ASAN
  __lsan_register_root_region(stack.bottom, stack.size);
#endif
  return true;
}

void ReleaseDeepPages(const Stack& stack, std::size_t keep) {
  const std::size_t kept = (keep + PageBytes() - 1) / PageBytes() * PageBytes();
  if (kept < stack.size) madvise(stack.bottom, stack.size - kept, MADV_DONTNEED);
}

bool CanaryDied(const Stack& stack) {
  const auto* words = reinterpret_cast<const volatile std::uint64_t*>(stack.bottom);
  return std::any_of(words, words + kCanaryWords, [](std::uint64_t word) { return word != 0; });
}

}  // namespace gordian::internal
