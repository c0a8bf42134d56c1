// lucky NAME: programs that get through, because one task is past its part before the other one
// begins; the bug and its twin side by side. What `gordian run` makes of each is in lucky_test.cc.
//
// Who goes first is settled by a plain atomic, which the recording does not see: nothing but luck.
#include <atomic>
#include <cstdio>
#include <string_view>
#include <thread>

#include "gordian/gordian.h"

namespace {

using gordian::Background;
using gordian::Chan;
using gordian::Cond;
using gordian::Mutex;
using gordian::Once;
using gordian::Semaphore;
using gordian::Sleep;
using gordian::WaitGroup;

class Luck {
 public:
  void Done() { past_.store(true); }
  void Await() const {
    while (!past_.load()) Sleep(absl::Milliseconds(1));
  }

 private:
  std::atomic<bool> past_{false};
};

// --- A wait under a lock that the server needs first -----------------------------

void GroupUnderLock(bool under) {
  Mutex mu{"mu"};
  WaitGroup group{"group"};
  Luck worker;
  group.Go("worker", [&] {
    mu.Lock();
    mu.Unlock();
    worker.Done();
  });
  worker.Await();
  Sleep(absl::Milliseconds(5));  // the Done is past as well
  mu.Lock();
  if (!under) mu.Unlock();
  group.Wait();
  if (under) mu.Unlock();
}

void JoinUnderLock(bool under) {
  Mutex mu{"mu"}, other{"other"};
  Luck worker;
  std::thread thread([&] {
    mu.Lock();
    mu.Unlock();
    other.Lock();
    other.Unlock();
    worker.Done();
  });
  worker.Await();
  mu.Lock();
  if (!under) mu.Unlock();
  thread.join();
  if (under) mu.Unlock();
}

// No bug, but the trace does not have what is read.
void JoinOfOneThatHasNotedItsEnd() {
  Mutex mu{"mu"};
  bool is_done = false;
  std::thread thread([&] {
    const std::scoped_lock lock(mu);
    is_done = true;
  });
  for (bool joined = false; !joined; Sleep(absl::Milliseconds(1))) {
    const std::scoped_lock lock(mu);
    if (!is_done) continue;
    thread.join();
    joined = true;
  }
}

void ValueUnderLock(std::size_t capacity) {
  Mutex mu{"mu"};
  Chan<int> values(capacity, "values");
  WaitGroup group;
  Luck receiver;
  group.Go("receiver", [&] {
    mu.Lock();
    mu.Unlock();
    receiver.Done();
    values.Recv();
  });
  receiver.Await();
  mu.Lock();
  values.Send(1);
  mu.Unlock();
  group.Wait();
}

void OnceUnderLock(bool under) {
  Mutex mu{"mu"};
  Once open{"open"};
  WaitGroup group;
  Luck first;
  group.Go("first", [&] {
    open.Do([&] {
      mu.Lock();
      mu.Unlock();
    });
    first.Done();
  });
  group.Go("second", [&] {
    first.Await();
    if (!under) open.Do([] {});
    mu.Lock();
    if (under) open.Do([] {});
    mu.Unlock();
  });
  group.Wait();
}

void PermitUnderLock(std::int64_t permits, bool patient) {
  Mutex mu{"mu"};
  Semaphore seats(permits, "seats");
  WaitGroup group;
  Luck first;
  group.Go("first", [&] {
    seats.Acquire(Background()).IgnoreError();
    mu.Lock();
    mu.Unlock();
    seats.Release();
    first.Done();
  });
  group.Go("second", [&] {
    first.Await();
    auto [ctx, cancel] = gordian::WithTimeout(Background(), absl::Minutes(1));
    mu.Lock();
    if (seats.Acquire(patient ? Background() : ctx).ok()) seats.Release();
    mu.Unlock();
    cancel();
  });
  group.Wait();
}

void ConditionUnderOuterLock(bool needed) {
  Mutex outer{"outer"}, inner{"inner"};
  Cond changed(&inner, "changed");
  bool ready = false;
  WaitGroup group;
  Luck signaller;
  group.Go("signaller", [&] {
    if (needed) outer.Lock();
    if (needed) outer.Unlock();
    signaller.Done();
    Sleep(absl::Milliseconds(20));
    inner.Lock();
    ready = true;
    inner.Unlock();
    changed.Signal();
  });
  signaller.Await();
  outer.Lock();
  inner.Lock();
  while (!ready) changed.Wait();
  inner.Unlock();
  outer.Unlock();
  group.Wait();
}

// --- Two locks in both orders, within permits ---------------------------------------

// What a task does before and after it takes the two locks.
struct Around {
  void (*before)(Semaphore& seats, Chan<int>& slot);
  void (*after)(Semaphore& seats, Chan<int>& slot);
};

void BothOrders(std::int64_t permits, Around around) {
  Mutex a{"a"}, b{"b"};
  Semaphore seats(permits, "seats");
  Chan<int> slot(1, "slot");
  WaitGroup group;
  Luck first;
  const auto take = [&](Mutex& one, Mutex& two) {
    around.before(seats, slot);
    one.Lock();
    two.Lock();
    two.Unlock();
    one.Unlock();
    around.after(seats, slot);
  };
  group.Go("first", [&] {
    take(a, b);
    first.Done();
  });
  first.Await();
  group.Go("second", [&] { take(b, a); });
  group.Wait();
}

constexpr Around kPermit = {
    [](Semaphore& seats, Chan<int>&) { seats.Acquire(Background()).IgnoreError(); },
    [](Semaphore& seats, Chan<int>&) { seats.Release(); }};
constexpr Around kSlot = {[](Semaphore&, Chan<int>& slot) { slot.Send(1); },
                          [](Semaphore&, Chan<int>& slot) { slot.Recv(); }};

void BothOrdersInGroup(int limit) {
  Mutex a{"a"}, b{"b"};
  gordian::ErrGroup group{"group"};
  group.SetLimit(limit);
  Luck first;
  const auto take = [](Mutex& one, Mutex& two) {
    one.Lock();
    two.Lock();
    two.Unlock();
    one.Unlock();
    return absl::OkStatus();
  };
  group.Go([&] {
    take(a, b).IgnoreError();
    first.Done();
    return absl::OkStatus();
  });
  first.Await();
  group.Go([&] { return take(b, a); });
  group.Wait().IgnoreError();
}

// The textbook's cure: one seat fewer than philosophers.
void Dinner(std::size_t seats) {
  constexpr std::size_t kPhilosophers = 5;
  Mutex forks[kPhilosophers];
  Semaphore table(static_cast<std::int64_t>(seats), "table");
  for (std::size_t i = 0; i < kPhilosophers; ++i) {
    WaitGroup meal;  // one after the other
    meal.Go("philosopher", [&] {
      table.Acquire(Background()).IgnoreError();
      forks[i].Lock();
      forks[(i + 1) % kPhilosophers].Lock();
      forks[(i + 1) % kPhilosophers].Unlock();
      forks[i].Unlock();
      table.Release();
    });
    meal.Wait();
  }
}

struct Program {
  std::string_view name;
  void (*run)();
};

constexpr Program kPrograms[] = {
    {"group-under-lock", [] { GroupUnderLock(true); }},
    {"group-after-lock", [] { GroupUnderLock(false); }},
    {"join-under-lock", [] { JoinUnderLock(true); }},
    {"join-after-lock", [] { JoinUnderLock(false); }},
    {"join-of-one-that-has-noted-its-end", JoinOfOneThatHasNotedItsEnd},
    {"send-under-lock", [] { ValueUnderLock(0); }},
    {"send-into-a-buffer-under-lock", [] { ValueUnderLock(1); }},
    {"once-under-lock", [] { OnceUnderLock(true); }},
    {"once-before-lock", [] { OnceUnderLock(false); }},
    {"permit-under-lock", [] { PermitUnderLock(1, true); }},
    {"one-of-two-permits-under-lock", [] { PermitUnderLock(2, true); }},
    {"permit-with-a-timeout-under-lock", [] { PermitUnderLock(1, false); }},
    {"condition-under-outer-lock", [] { ConditionUnderOuterLock(true); }},
    {"condition-whose-signaller-is-free", [] { ConditionUnderOuterLock(false); }},
    {"both-orders-in-one-slot", [] { BothOrders(1, kSlot); }},
    {"both-orders-with-one-permit", [] { BothOrders(1, kPermit); }},
    {"both-orders-with-two-permits", [] { BothOrders(2, kPermit); }},
    {"both-orders-in-a-group-of-one", [] { BothOrdersInGroup(1); }},
    {"both-orders-in-a-group-of-two", [] { BothOrdersInGroup(2); }},
    {"dinner-with-a-seat-too-few", [] { Dinner(4); }},
    {"dinner-with-a-seat-for-each", [] { Dinner(5); }},
};

}  // namespace

int main(int argc, char** argv) {
  for (const Program& program : kPrograms) {
    if (argc < 2 || program.name != argv[1]) continue;
    program.run();
    std::puts("done");
    return 0;
  }
  return 98;
}
