// A method of the virtual machine that holds its lock calls another one that takes it too.
#include <memory>
#include <mutex>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct VirtualMachine {
  void Terminate(Mode mode) {
    std::scoped_lock lock(mu);
    running = false;
    if (mode == Mode::kTwin) {
      SendSignalLocked(9);
    } else {
      SendSignal(9);
    }
  }

  void SendSignal(int number) {
    std::scoped_lock lock(mu);
    SendSignalLocked(number);
  }

  void SendSignalLocked(int number) { last_signal = number; }

  Mutex mu{"vm.mu"};
  bool running = true;  // guarded by mu
  int last_signal = 0;  // guarded by mu
};

void Run(Mode mode) {
  auto vm = std::make_shared<VirtualMachine>();
  Chan<Unit> done(1, "done");
  Go("hypervisor", [=] {
    vm->Terminate(mode);
    done.Send({});
  });
  AwaitAll(done, 1);
}

}  // namespace

const Shape kShape37{37, "method_locks_again", Strikes::kAlways, Run};

}  // namespace shapes
