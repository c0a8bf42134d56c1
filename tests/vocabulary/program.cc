// program NAME: small programs with the coordination types, a bug and its correct twin side by
// side; what `gordian run` makes of each is in vocabulary_test.cc.
//
// State that goroutines share lives in a shared_ptr that each of them captures: a task that is
// stuck for ever outlives the function that started it.
#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "gordian/gordian.h"

namespace {

using gordian::Background;
using gordian::Chan;
using gordian::Context;
using gordian::ErrGroup;
using gordian::Go;
using gordian::Recv;
using gordian::Select;
using gordian::Semaphore;
using gordian::Shared;
using gordian::SingleFlight;
using gordian::Sleep;
using gordian::Unit;
using gordian::WaitGroup;

// --- Semaphores ----------------------------------------------------------------

struct Resources {
  Semaphore disk{1, "disk"}, net{1, "net"};
  WaitGroup group{"group"};
};

void TakeBoth(Semaphore& first, Semaphore& second) {
  first.Acquire(Background()).IgnoreError();
  Sleep(absl::Milliseconds(10));
  second.Acquire(Background()).IgnoreError();
  second.Release();
  first.Release();
}

void SemaphoresInOppositeOrder() {
  auto r = std::make_shared<Resources>();
  r->group.Go("copier", [r] { TakeBoth(r->disk, r->net); });
  r->group.Go("server", [r] { TakeBoth(r->net, r->disk); });
  r->group.Wait();
}

void SemaphoresInOneOrder() {
  auto r = std::make_shared<Resources>();
  r->group.Go("copier", [r] { TakeBoth(r->disk, r->net); });
  r->group.Go("server", [r] { TakeBoth(r->disk, r->net); });
  r->group.Wait();
}

void WorkInSlot(bool released) {
  auto slots = std::make_shared<Semaphore>(1, "slots");
  Chan<Unit> served(1, "served");
  Go("worker", [=] {
    slots->Acquire(Background()).IgnoreError();
    served.Send({});
    if (released) slots->Release();
  });
  served.Recv();
  Go("late", [=] {
    slots->Acquire(Background()).IgnoreError();
    slots->Release();
  });
  Sleep(absl::Milliseconds(20));
}

void SemaphoreNeverReleased() { WorkInSlot(false); }
void SemaphoreReleased() { WorkInSlot(true); }

void AskFor(int permits) {
  Semaphore slots(4, "slots");
  slots.Acquire(Background(), permits).IgnoreError();
  slots.Release(permits);
}

void SemaphoreAskedForTooMuch() { AskFor(5); }
void SemaphoreAskedForAll() { AskFor(4); }

void SemaphoreWaitIsCancelled() {
  auto slots = std::make_shared<Semaphore>(1, "slots");
  slots->Acquire(Background()).IgnoreError();
  auto [ctx, cancel] = gordian::WithCancel(Background(), "request");
  WaitGroup group;
  group.Go("worker", [=, ctx = ctx] { slots->Acquire(ctx).IgnoreError(); });
  Sleep(absl::Milliseconds(10));
  cancel();
  group.Wait();
}

void SemaphoreWaitTimesOut() {
  Semaphore slots(1, "slots");
  slots.Acquire(Background()).IgnoreError();
  auto [ctx, cancel] = gordian::WithTimeout(Background(), absl::Milliseconds(30), "request");
  slots.Acquire(ctx).IgnoreError();
  cancel();
}

// Small requests come all the time, and a large one waits for its turn.
void SemaphoreServesLargeRequests() {
  auto slots = std::make_shared<Semaphore>(8, "slots");
  WaitGroup group;
  for (int i = 0; i < 8; ++i) {
    group.Go("small", [=] {
      for (int k = 0; k < 400; ++k) {
        slots->Acquire(Background()).IgnoreError();
        gordian::Gosched();
        slots->Release();
      }
    });
  }
  group.Go("large", [=] {
    for (int k = 0; k < 50; ++k) {
      slots->Acquire(Background(), 8).IgnoreError();
      slots->Release(8);
    }
  });
  group.Wait();
}

// `permits` goroutines are inside at once: one is exclusion.
void CountWith(int permits) {
  auto slots = std::make_shared<Semaphore>(permits, "slots");
  auto count = std::make_shared<Shared<int>>(0, "count");
  WaitGroup group;
  for (int i = 0; i < 2; ++i) {
    group.Go("counter", [=] {
      slots->Acquire(Background()).IgnoreError();
      count->Write(count->Read() + 1);
      slots->Release();
    });
  }
  group.Wait();
}

void SemaphoreOfTwoGuardsNothing() {
  // Both are let in before either leaves.
  auto slots = std::make_shared<Semaphore>(2, "slots");
  auto count = std::make_shared<Shared<int>>(0, "count");
  auto inside = std::make_shared<std::atomic<int>>(0);
  WaitGroup group;
  for (int i = 0; i < 2; ++i) {
    group.Go("counter", [=] {
      slots->Acquire(Background()).IgnoreError();
      inside->fetch_add(1);
      while (inside->load() < 2) gordian::Gosched();
      count->Write(count->Read() + 1);
      slots->Release();
    });
  }
  group.Wait();
}

void SemaphoreOfOneGuards() { CountWith(1); }

// --- ErrGroup ------------------------------------------------------------------

struct Tree {
  ErrGroup group{"tree"};
  bool tries = false;
};

absl::Status Visit(const std::shared_ptr<Tree>& tree, int depth) {
  if (depth == 0) return absl::OkStatus();
  const auto below = [tree, depth] { return Visit(tree, depth - 1); };
  if (!tree->tries) {
    tree->group.Go("visitor", below);
  } else if (!tree->group.TryGo("visitor", below)) {
    return below();
  }
  return absl::OkStatus();
}

void VisitTree(bool tries) {
  auto tree = std::make_shared<Tree>();
  tree->tries = tries;
  tree->group.SetLimit(1);
  tree->group.Go("visitor", [=] { return Visit(tree, 3); });
  tree->group.Wait().IgnoreError();
}

void ErrGroupFullOfItself() { VisitTree(false); }
void ErrGroupTriesAndElseGoesItself() { VisitTree(true); }

// One fails; the other waits for what will not come now, unless it looks at the context.
void GroupWithFailure(bool looks) {
  Chan<int> values(0, "values");
  auto [group, ctx] = ErrGroup::WithContext(Background(), "group");
  group.Go("producer", [] { return absl::InternalError("cannot read"); });
  group.Go("consumer", [values, looks, ctx = ctx] {
    if (looks) {
      Select(Recv(values), Recv(ctx.Done()));
    } else {
      values.Recv();
    }
    return absl::OkStatus();
  });
  group.Wait().IgnoreError();
}

void ErrGroupPartDeafToTheContext() { GroupWithFailure(false); }
void ErrGroupPartLooksAtTheContext() { GroupWithFailure(true); }

// --- SingleFlight --------------------------------------------------------------

void Resolve(const std::string& inner) {
  using Flight = SingleFlight<std::string, int>;
  auto flight = std::make_shared<Flight>("flight");
  flight->Do("a", [=] { return flight->Do(inner, [] { return 1; }).value; });
}

void SingleFlightWithinItself() { Resolve("a"); }
void SingleFlightOfAnotherKey() { Resolve("b"); }

// --- SyncMap, RateLimiter ------------------------------------------------------

struct Published {
  gordian::SyncMap<std::string, int> map{"map"};
  Shared<int> value{0, "value"};
  WaitGroup group;
};

// The reader looks at the value once it finds the key. It is written before, or just after.
void Publish(bool written_before) {
  auto p = std::make_shared<Published>();
  p->group.Go("writer", [=] {
    if (written_before) p->value.Write(7);
    p->map.Store("ready", 1);
    if (!written_before) p->value.Write(7);
  });
  p->group.Go("reader", [=] {
    while (!p->map.Load("ready").has_value()) gordian::Gosched();
    p->value.Read();
  });
  p->group.Wait();
}

void SyncMapStoredTooEarly() { Publish(false); }
void SyncMapPublishes() { Publish(true); }

// Different keys order nothing.
void SyncMapOfOtherKeys(bool same_key) {
  auto p = std::make_shared<Published>();
  p->group.Go("writer", [=] {
    p->value.Write(7);
    p->map.Store("a", 1);
  });
  p->group.Go("reader", [=] {
    Sleep(absl::Milliseconds(20));
    p->map.Load(same_key ? "a" : "b");
    p->value.Read();
  });
  p->group.Wait();
}

void SyncMapAsksForAnotherKey() { SyncMapOfOtherKeys(false); }
void SyncMapAsksForTheSameKey() { SyncMapOfOtherKeys(true); }

void SyncMapDeletePublishes() {
  auto p = std::make_shared<Published>();
  p->map.Store("busy", 1);
  p->group.Go("writer", [=] {
    p->value.Write(7);
    p->map.Delete("busy");
  });
  p->group.Go("reader", [=] {
    while (p->map.Load("busy").has_value()) gordian::Gosched();
    p->value.Read();
  });
  p->group.Wait();
}

void LimitedWriters(bool locked) {
  auto limiter =
      std::make_shared<gordian::RateLimiter>(gordian::Every(absl::Milliseconds(5)), 1, "limiter");
  auto value = std::make_shared<Shared<int>>(0, "value");
  auto mu = std::make_shared<gordian::Mutex>("mu");
  WaitGroup group;
  for (int i = 0; i < 2; ++i) {
    group.Go("writer", [=] {
      limiter->Wait(Background()).IgnoreError();
      if (locked) mu->Lock();
      value->Write(value->Read() + 1);
      if (locked) mu->Unlock();
    });
  }
  group.Wait();
}

void RateLimiterOrdersNothing() { LimitedWriters(false); }
void RateLimiterWithALock() { LimitedWriters(true); }

// --- Contexts ------------------------------------------------------------------

void FinishLater(bool detached) {
  auto [ctx, cancel] = gordian::WithCancel(Background(), "request");
  const Context later = detached ? gordian::WithoutCancel(ctx) : ctx;
  Chan<Unit> never(0, "never");
  Go("finisher", [=] { Select(Recv(never), Recv(later.Done())); });
  Sleep(absl::Milliseconds(10));
  cancel();
}

void WithoutCancelIsNeverDone() { FinishLater(true); }
void CancelledWithTheRequest() { FinishLater(false); }

struct Program {
  std::string_view name;
  void (*run)();
};

constexpr Program kPrograms[] = {
    {"semaphores-in-opposite-order", SemaphoresInOppositeOrder},
    {"semaphores-in-one-order", SemaphoresInOneOrder},
    {"semaphore-never-released", SemaphoreNeverReleased},
    {"semaphore-released", SemaphoreReleased},
    {"semaphore-asked-for-too-much", SemaphoreAskedForTooMuch},
    {"semaphore-asked-for-all", SemaphoreAskedForAll},
    {"semaphore-wait-is-cancelled", SemaphoreWaitIsCancelled},
    {"semaphore-wait-times-out", SemaphoreWaitTimesOut},
    {"semaphore-serves-large-requests", SemaphoreServesLargeRequests},
    {"semaphore-of-two-guards-nothing", SemaphoreOfTwoGuardsNothing},
    {"semaphore-of-one-guards", SemaphoreOfOneGuards},
    {"err-group-full-of-itself", ErrGroupFullOfItself},
    {"err-group-tries-and-else-goes-itself", ErrGroupTriesAndElseGoesItself},
    {"err-group-part-deaf-to-the-context", ErrGroupPartDeafToTheContext},
    {"err-group-part-looks-at-the-context", ErrGroupPartLooksAtTheContext},
    {"single-flight-within-itself", SingleFlightWithinItself},
    {"single-flight-of-another-key", SingleFlightOfAnotherKey},
    {"sync-map-stored-too-early", SyncMapStoredTooEarly},
    {"sync-map-publishes", SyncMapPublishes},
    {"sync-map-asks-for-another-key", SyncMapAsksForAnotherKey},
    {"sync-map-asks-for-the-same-key", SyncMapAsksForTheSameKey},
    {"sync-map-delete-publishes", SyncMapDeletePublishes},
    {"rate-limiter-orders-nothing", RateLimiterOrdersNothing},
    {"rate-limiter-with-a-lock", RateLimiterWithALock},
    {"without-cancel-is-never-done", WithoutCancelIsNeverDone},
    {"cancelled-with-the-request", CancelledWithTheRequest},
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
