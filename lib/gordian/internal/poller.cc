#include "gordian/internal/poller.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <unordered_map>

#include "gordian/internal/activity.h"
#include "gordian/internal/context_node.h"
#include "gordian/internal/forked.h"
#include "gordian/internal/task_state.h"
#include "gordian/internal/threads.h"
#include "instrument/recorder/own_mutex.h"

namespace gordian::internal {
namespace {

// One wait. References: the waiting task's, the table's, the context's.
struct PollWait final : CancelChild {
  PollWait(Task& task, int descriptor, std::uint32_t wanted)
      : waiter(task), fd(descriptor), events(wanted) {
    waiter.claimed = &claimed;
    waiter.to = "see a descriptor ready";
  }

  void Unref() {
    if (refs.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  void WakeIfFirst() {
    if (Claim(waiter)) Wake(waiter);
  }
  void ParentCancelled(const absl::Status&, const absl::Status&,
                       const std::source_location&) override {
    WakeIfFirst();
  }
  void Orphaned() override {}
  void RefChild() override { refs.fetch_add(1, std::memory_order_relaxed); }
  void UnrefChild() override { Unref(); }

  Waiter waiter;
  std::atomic<std::uint32_t> claimed{0};
  const int fd;
  const std::uint32_t events;
  std::atomic<bool> ready{false};
  bool listed = false;       // under the poller's lock
  PollWait* next = nullptr;  // of the same descriptor
  std::atomic<std::uint32_t> refs{1};
};

class Poller {
 public:
  Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

  // Puts `wait` into the table; an errno where its descriptor cannot be waited for.
  int Add(PollWait& wait) {
    ActivityBegins();
    std::unique_lock lock(mutex_);
    PollWait*& first = waits_[wait.fd];
    wait.next = first;
    first = &wait;
    wait.listed = true;
    wait.RefChild();
    const int error = Arm(wait.fd, first);
    lock.unlock();
    if (error != 0) Remove(wait);
    return error;
  }

  // Takes it out, where it is still there.
  void Remove(PollWait& wait) {
    std::unique_lock lock(mutex_);
    if (!wait.listed) return;
    PollWait** link = &waits_[wait.fd];
    while (*link != &wait) link = &(*link)->next;
    Unlink(link);
    if (waits_[wait.fd] == nullptr) waits_.erase(wait.fd);
    lock.unlock();
    wait.Unref();
    ActivityEnds();
  }

  // In a forked child: the descriptor is shared with the parent, whose poller this is.
  void LeaveToParent() { close(epoll_); }

  [[noreturn]] void Run() {
    std::array<epoll_event, 64> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) Serve(events[i].data.fd, events[i].events);
    }
  }

 private:
  void Unlink(PollWait** link) {
    PollWait& wait = **link;
    *link = wait.next;
    wait.listed = false;
  }

  // Asks for what those who wait for `fd` want, once. The kernel forgets a descriptor when it is
  // closed, so its number may be known to it or not.
  int Arm(int fd, const PollWait* first) {
    epoll_event event{.events = EPOLLONESHOT, .data = {.fd = fd}};
    for (const PollWait* wait = first; wait != nullptr; wait = wait->next) {
      event.events |= wait->events;
    }
    if (epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) == 0) return 0;
    if (errno != ENOENT) return errno;
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
  }

  void Serve(int fd, std::uint32_t events) {
    std::unique_lock lock(mutex_);
    PollWait* served = nullptr;
    PollWait*& first = waits_[fd];
    for (PollWait** link = &first; *link != nullptr;) {
      PollWait& wait = **link;
      if ((events & (wait.events | EPOLLERR | EPOLLHUP)) == 0) {
        link = &wait.next;
        continue;
      }
      Unlink(link);
      wait.next = served;
      served = &wait;
    }
    if (first != nullptr) {
      Arm(fd, first);
    } else {
      waits_.erase(fd);
    }
    lock.unlock();
    while (served != nullptr) {
      PollWait& wait = *served;
      served = wait.next;
      wait.ready.store(true, std::memory_order_release);
      wait.WakeIfFirst();
      wait.Unref();
      ActivityEnds();  // the woken one has been counted in
    }
  }

  const int epoll_;
  recorder::OwnMutex mutex_;
  std::unordered_map<int, PollWait*> waits_;  // under mutex_: by descriptor
};

void* PollerThread(void* poller) {
  pthread_setname_np(pthread_self(), "gordian-poller");  // by which a supervisor knows it
  AdoptThread(NewThreadTask(trace::TaskKind::kInternal));
  static_cast<Poller*>(poller)->Run();
}

// Never destroyed: its thread runs until the program ends.
std::atomic<Poller*> g_poller{nullptr};

Poller& ThePoller() {
  static constinit SpinLock starting;
  if (Poller* poller = g_poller.load(std::memory_order_acquire)) return *poller;
  starting.Lock();
  Poller* poller = g_poller.load(std::memory_order_relaxed);
  if (poller == nullptr) {
    poller = new Poller;
    StartInternalThread(PollerThread, poller);
    g_poller.store(poller, std::memory_order_release);
  }
  starting.Unlock();
  return *poller;
}

// However the wait ends, nobody holds it afterwards but who is just about to let go.
class Waiting {
 public:
  Waiting(Task& task, int fd, std::uint32_t events, CancelNode* canceller)
      : wait_(*new PollWait(task, fd, events)), canceller_(canceller) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    ThePoller().Remove(wait_);
    if (canceller_ != nullptr && canceller_->RemoveChild(wait_)) wait_.Unref();
    wait_.Unref();
  }

  int Run() {
    if (canceller_ != nullptr && !canceller_->AddChild(wait_)) return ECANCELED;
    if (const int error = ThePoller().Add(wait_); error != 0) {
      // A cancel that claimed the wait meanwhile has woken this task, or is about to.
      return Claim(wait_.waiter) ? error : (Sleep(), error);
    }
    Sleep();
    return wait_.ready.load(std::memory_order_acquire) ? 0 : ECANCELED;
  }

 private:
  void Sleep() {
    do Park(wait_.waiter, nullptr);
    while (wait_.claimed.load(std::memory_order_acquire) == 0);
  }

  PollWait& wait_;
  CancelNode* const canceller_;
};

}  // namespace

// Without its lock, which the parent may have held: nobody uses it any more.
void ForgetPoller() {
  if (Poller* poller = g_poller.exchange(nullptr)) poller->LeaveToParent();
}

int WaitForDescriptor(int fd, std::uint32_t events, CancelNode* canceller) {
  return Waiting(CurrentTask(), fd, events, canceller).Run();
}

}  // namespace gordian::internal
