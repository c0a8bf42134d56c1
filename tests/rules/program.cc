// A bug and its twin for rules of the library's own vocabulary:
//
//   rules NAME bug|twin
#include <cstdio>
#include <string_view>

#include "gordian/gordian.h"

namespace {

using gordian::Chan;
using gordian::Cond;
using gordian::Go;
using gordian::Mutex;
using gordian::Sleep;
using gordian::Unit;
using gordian::WaitGroup;

constexpr absl::Duration kSoon = absl::Milliseconds(50);

// main waits for the worker inside the lock that the worker needs before it is done; this time the
// worker had it first.
void WaitsUnderTheLock(bool bug) {
  Mutex mu{"mu"};
  WaitGroup done{"done"};
  done.Go("worker", [&] {
    mu.Lock();
    mu.Unlock();
    Sleep(2 * kSoon);
  });
  Sleep(kSoon);
  mu.Lock();
  if (!bug) mu.Unlock();
  done.Wait();
  if (bug) mu.Unlock();
}

void TickerIsLeft(bool bug) {
  gordian::Ticker ticker(absl::Milliseconds(5));
  ticker.C().Recv();
  if (!bug) ticker.Stop();
}

// Each takes its own, fails to get the other's, and gives back what it has, in step with the other.
void EachGivesWay(bool bug) {
  struct Shared {
    Mutex a{"a"}, b{"b"};
    Chan<Unit> there{0}, back{0};
  };
  static Shared& s = *new Shared;
  const auto move = [bug](Mutex& mine, Mutex& theirs, const auto& meet) {
    for (int round = 0; bug || round < 300; ++round) {
      mine.Lock();
      meet();
      if (theirs.TryLock()) theirs.Unlock();
      meet();
      mine.Unlock();
      if (!bug) gordian::Progress();
    }
  };
  WaitGroup done;
  const auto go = [&](const char* name, auto body) { bug ? Go(name, body) : done.Go(name, body); };
  go("left", [move] {
    move(s.a, s.b, [] {
      s.there.Send({});
      s.back.Recv();
    });
  });
  go("right", [move] {
    move(s.b, s.a, [] {
      s.there.Recv();
      s.back.Send({});
    });
  });
  bug ? Sleep(absl::Seconds(1)) : done.Wait();
}

void ClosesNil(bool bug) {
  Chan<int> channel;
  if (!bug) channel = Chan<int>(0);
  try {
    channel.Close();
  } catch (const gordian::Panic&) {
  }
}

// The signal comes first; others go on.
void SignalIsLost(bool bug) {
  struct Shared {
    Mutex mu;
    Cond ready{&mu, "ready"};
    bool is_ready = false;
  };
  static Shared& s = *new Shared;
  WaitGroup signalled;
  signalled.Go("signaller", [] {
    s.mu.Lock();
    s.is_ready = true;
    s.ready.Signal();
    s.mu.Unlock();
  });
  signalled.Wait();
  Go("waiter", [bug] {
    s.mu.Lock();
    while (bug || !s.is_ready) s.ready.Wait();
    s.mu.Unlock();
  });
  Sleep(kSoon);
}

void AddsWhileAnotherWaits(bool bug) {
  static WaitGroup& group = *new WaitGroup("group");
  if (!bug) group.Add(1);
  Go("adder", [bug] {
    if (bug) group.Add(1);
    group.Done();
  });
  if (bug) Sleep(kSoon);
  group.Wait();
}

struct Case {
  const char* name;
  void (*run)(bool bug);
};

constexpr Case kCases[] = {
    {"waits-under-lock", WaitsUnderTheLock}, {"ticker-left", TickerIsLeft},
    {"each-gives-way", EachGivesWay},        {"close-nil", ClosesNil},
    {"signal-lost", SignalIsLost},           {"adds-while-waiting", AddsWhileAnotherWaits},
};

}  // namespace

int main(int argc, char** argv) {
  for (const Case& each : kCases) {
    if (argc != 3 || std::string_view(argv[1]) != each.name) continue;
    each.run(std::string_view(argv[2]) == "bug");
    return 0;
  }
  std::fprintf(stderr, "rules: no such case\n");
  return 2;
}
