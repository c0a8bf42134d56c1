// Waits that never end, each with its cause somewhere else, and twins without it:
//
//   causes NAME
#include <cstdio>
#include <mutex>
#include <string_view>

#include "gordian/gordian.h"

namespace {

using gordian::Chan;
using gordian::Cond;
using gordian::Go;
using gordian::Mutex;
using gordian::WaitGroup;

struct Box {
  Mutex mu{"box.mu"};
  Cond filled{&mu, "box.filled"};
  bool full = false;
};

// --- A signal before the wait ------------------------------------------------

void SignalBeforeTheWait() {
  Box box;
  WaitGroup filled;
  filled.Go("filler", [&] { box.filled.Signal(); });
  filled.Wait();
  box.mu.Lock();
  box.filled.Wait();
  box.mu.Unlock();
}

void TwinLooksAtTheCondition() {
  Box box;
  WaitGroup filled;
  filled.Go("filler", [&] {
    box.mu.Lock();
    box.full = true;
    box.mu.Unlock();
    box.filled.Signal();
  });
  filled.Wait();
  box.mu.Lock();
  while (!box.full) box.filled.Wait();
  box.mu.Unlock();
}

void OwnSignalBeforeTheWait() {
  Box box;
  box.filled.Signal();
  box.mu.Lock();
  box.filled.Wait();
  box.mu.Unlock();
}

// Who has signalled waits for the waiter then: the two wait for each other, but that is not the
// cause.
void SignallerWaitsForTheWaiter(bool looks) {
  Box box;
  Chan<gordian::Unit> signalled(0);
  WaitGroup emptied;
  emptied.Go("emptier", [&] {
    signalled.Recv();
    const std::scoped_lock lock(box.mu);
    while (!looks || !box.full) box.filled.Wait();
  });
  box.mu.Lock();
  box.full = true;
  box.filled.Signal();
  box.mu.Unlock();
  signalled.Close();
  emptied.Wait();
}

// --- A lock that is kept -----------------------------------------------------

void LockKeptByOneThatEnded(bool unlocks) {
  Mutex mu{"ledger"};
  WaitGroup done;
  done.Go("careless", [&] {
    mu.Lock();
    if (unlocks) mu.Unlock();
  });
  done.Wait();
  WaitGroup readers;
  for (int i = 0; i < 3; ++i) {
    readers.Go("reader", [&] {
      mu.Lock();
      mu.Unlock();
    });
  }
  readers.Wait();
}

// --- A Done that is missing --------------------------------------------------

void ReturnsBeforeDone(bool calls_done) {
  WaitGroup pages{"pages"};
  for (int i = 0; i < 3; ++i) {
    pages.Add(1);
    Go(i == 1 ? "fetcher of the empty page" : "fetcher", [&pages, i, calls_done] {
      if (i == 1 && !calls_done) return;
      pages.Done();
    });
  }
  pages.Wait();
}

// --- A context that is not cancelled -----------------------------------------

void ContextIsNotCancelled(bool cancels) {
  auto [context, cancel] = gordian::WithCancel(gordian::Background(), "request");
  for (int i = 0; i < 2; ++i) {
    Go("watcher", [context] { context.Done().Recv(); });
  }
  if (cancels) cancel();
}

struct Case {
  const char* name;
  void (*run)();
};

constexpr Case kCases[] = {
    {"signal-before-wait", SignalBeforeTheWait},
    {"own-signal-before-wait", OwnSignalBeforeTheWait},
    {"twin-looks-at-condition", TwinLooksAtTheCondition},
    {"signaller-waits", [] { SignallerWaitsForTheWaiter(false); }},
    {"twin-of-signaller-waits", [] { SignallerWaitsForTheWaiter(true); }},
    {"kept-lock", [] { LockKeptByOneThatEnded(false); }},
    {"twin-unlocks", [] { LockKeptByOneThatEnded(true); }},
    {"missing-done", [] { ReturnsBeforeDone(false); }},
    {"twin-calls-done", [] { ReturnsBeforeDone(true); }},
    {"uncancelled-context", [] { ContextIsNotCancelled(false); }},
    {"twin-cancels", [] { ContextIsNotCancelled(true); }},
};

}  // namespace

int main(int argc, char** argv) {
  for (const Case& each : kCases) {
    if (argc == 2 && std::string_view(argv[1]) == each.name) return each.run(), 0;
  }
  std::fprintf(stderr, "causes: no such case\n");
  return 2;
}
