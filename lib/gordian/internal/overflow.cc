#include "gordian/internal/overflow.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "gordian/internal/task_state.h"

namespace gordian::internal {
namespace {

// Room for the program's own handlers too, which print stacks.
constexpr std::size_t kFaultStackBytes = std::size_t{128} << 10;
constexpr std::size_t kGuardBytes = 4096;
constexpr std::time_t kSecondsToBeEnded = 10;

struct sigaction g_before;  // written once, before the handler can run
std::atomic<OverflowHook> g_hook{nullptr};

// Text put together without allocating. What does not fit is left out.
class Line {
 public:
  Line& operator<<(std::string_view text) {
    const std::size_t count = std::min(text.size(), text_.size() - size_);
    std::memcpy(text_.data() + size_, text.data(), count);
    size_ += count;
    return *this;
  }
  Line& operator<<(std::uint64_t number) {
    std::array<char, 20> digits;
    std::size_t first = digits.size();
    do {
      digits[--first] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    return *this << std::string_view(digits.data() + first, digits.size() - first);
  }
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, 1024> text_{};
  std::size_t size_ = 0;
};

void Describe(const Task& task, Line& line) {
  line << "gordian: fatal: stack overflow: goroutine " << IdOf(task);
  if (task.name[0] != '\0') line << " \"" << task.name.data() << "\"";
  line << ", started at " << task.spawned_at.file_name() << ":"
       << std::uint64_t{task.spawned_at.line()} << ", has run over its stack of "
       << (task.stack.size >> 10) << " KiB\n"
       << "  Recursion that does not end? Large arrays on the stack? Else give goroutines more: "
          "GORDIAN_OPTIONS=stack_size="
       << std::max<std::uint64_t>(1, StackBytes() >> 18) << "M\n";
}

// Says it, and waits for who would end the program otherwise.
void Report(const Task& task) {
  static std::atomic<bool> reported{false};
  while (reported.exchange(true)) pause();  // the first one ends the program
  constinit static Line line;               // outlives this frame, for the hook
  Describe(task, line);
  const OverflowHook hook = g_hook.load();
  if (hook != nullptr && hook(line.text())) {
    timespec left{kSecondsToBeEnded, 0};
    while (nanosleep(&left, &left) != 0) {
    }
    return;
  }
  static_cast<void>(!write(STDERR_FILENO, line.text().data(), line.text().size()));
}

void BeDefault(int signal) {
  struct sigaction normal = {};
  normal.sa_handler = SIG_DFL;
  sigaction(signal, &normal, nullptr);
}

std::uintptr_t StackPointer(const void* context) {
  const mcontext_t& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return static_cast<std::uintptr_t>(machine.gregs[REG_RSP]);
#elif defined(__aarch64__)
  return machine.sp;
#else
#error "where is the stack pointer?"
#endif
}

bool IsOverflow(const Task& task, const siginfo_t& info, const void* context) {
  if (info.si_code <= 0) return false;  // sent by somebody
  const auto bottom = reinterpret_cast<std::uintptr_t>(task.stack.bottom);
  const auto below = [bottom](std::uintptr_t address, std::size_t reach) {
    return address < bottom && address >= bottom - reach;
  };
  return below(reinterpret_cast<std::uintptr_t>(info.si_addr), kGuardBytes) ||
         below(StackPointer(context), StackBytes());
}

// What would have happened had this file not been there.
void PassOn(int signal, siginfo_t* info, void* context) {
  const bool sent = info->si_code <= 0;
  if ((g_before.sa_flags & SA_SIGINFO) != 0 && g_before.sa_sigaction != nullptr) {
    if ((g_before.sa_flags & SA_RESETHAND) != 0) BeDefault(signal);
    return g_before.sa_sigaction(signal, info, context);
  }
  if (g_before.sa_handler == SIG_IGN && sent) return;
  if (g_before.sa_handler == SIG_DFL || g_before.sa_handler == SIG_IGN) {
    BeDefault(signal);
    if (sent) raise(signal);
    return;  // the instruction is tried again, and the kernel ends the program
  }
  if ((g_before.sa_flags & SA_RESETHAND) != 0) BeDefault(signal);
  g_before.sa_handler(signal);
}

void OnFault(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  const Task* task = CurrentTaskOrNull();
  if (task != nullptr && IsGoroutine(*task) && IsOverflow(*task, *info, context)) {
    Report(*task);
    BeDefault(signal);  // the instruction is tried again
  } else {
    PassOn(signal, info, context);
  }
  errno = error;
}

}  // namespace

void WatchForOverflow() {
  struct sigaction present = {};
  sigaction(SIGSEGV, nullptr, &present);
  if (present.sa_sigaction == OnFault) return;  // in a forked child
  g_before = present;
  struct sigaction ours = {};
  ours.sa_sigaction = OnFault;
  ours.sa_mask = g_before.sa_mask;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | (g_before.sa_flags & (SA_NODEFER | SA_RESTART));
  sigaction(SIGSEGV, &ours, nullptr);
}

FaultStack::FaultStack() {
  stack_t present = {};
  if (sigaltstack(nullptr, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0) return;
  void* memory = mmap(nullptr, kFaultStackBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) return;
  memory_ = static_cast<std::byte*>(memory);
  mprotect(memory_, kGuardBytes, PROT_NONE);
  stack_t stack = {};
  stack.ss_sp = memory_ + kGuardBytes;
  stack.ss_size = kFaultStackBytes - kGuardBytes;
  sigaltstack(&stack, nullptr);
}

FaultStack::~FaultStack() {
  if (memory_ == nullptr) return;
  stack_t none = {};
  none.ss_flags = SS_DISABLE;
  sigaltstack(&none, nullptr);
  munmap(memory_, kFaultStackBytes);
}

void DieOfOverflow(const Task& task) {
  Report(task);
  BeDefault(SIGSEGV);
  raise(SIGSEGV);
  _exit(128 + SIGSEGV);
}

void SetOverflowHook(OverflowHook hook) { g_hook.store(hook); }

}  // namespace gordian::internal
