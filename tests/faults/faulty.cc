// The programs of the tests in this folder, by name: faulty NAME.
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>

#include "gordian/gordian.h"

namespace {

using gordian::Chan;
using gordian::Go;

// --- Stacks --------------------------------------------------------------------

// Half a kilobyte a step. Each frame's address is handed on, so that the compiler keeps them all.
[[gnu::noinline]] int Dig(int steps, volatile char* above) {
  std::array<volatile char, 512> here;
  here[0] = above == nullptr ? 1 : above[0];
  if (steps == 0) return here[0];
  const int below = Dig(steps - 1, here.data());
  return below + here[0];
}

void RunToTheEnd(void (*body)()) {
  Chan<int> done(0);
  Go("digger", [=] {
    body();
    done.Send(1);
  });
  done.Recv();
}

void DigForEver() { Dig(-1, nullptr); }

int Overflows() {
  RunToTheEnd(DigForEver);
  return 0;
}

// The twin: deep, but not too deep.
int DigsDeep() {
  RunToTheEnd([] { Dig(200, nullptr); });
  return 0;
}

int OverflowsOnItsOwnThread() {
  RunToTheEnd([] {
    gordian::LockOSThread();
    DigForEver();
  });
  return 0;
}

void SayAndExit(int) {
  static_cast<void>(!write(2, "own handler\n", 12));
  _exit(77);
}

// A bad pointer in a goroutine is no overflow.
void UseNull() {
  volatile int* nothing = nullptr;
  *nothing = 1;
}

int UsesNull() {
  RunToTheEnd(UseNull);
  return 0;
}

int UsesNullWithHandler() {
  signal(SIGSEGV, SayAndExit);
  RunToTheEnd(UseNull);
  return 0;
}

int IgnoresASentFault() {
  signal(SIGSEGV, SIG_IGN);
  RunToTheEnd([] { raise(SIGSEGV); });
  return 6;
}

int DiesOfASentFault() {
  RunToTheEnd([] { raise(SIGSEGV); });
  return 6;
}

const std::map<std::string_view, int (*)()> kPrograms = {
    {"overflows", Overflows},
    {"digs-deep", DigsDeep},
    {"overflows-on-its-own-thread", OverflowsOnItsOwnThread},
    {"uses-null", UsesNull},
    {"uses-null-with-handler", UsesNullWithHandler},
    {"ignores-a-sent-fault", IgnoresASentFault},
    {"dies-of-a-sent-fault", DiesOfASentFault},
};

}  // namespace

int main(int argc, char** argv) {
  const auto program = kPrograms.find(argc > 1 ? argv[1] : "");
  return program == kPrograms.end() ? 98 : program->second();
}
