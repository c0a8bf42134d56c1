// Deleting a device takes the set's lock, then the device's, gives the set's lock back for the
// slow part, and takes it again with the device's lock still held. A second deletion takes the
// set's lock in the gap.
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Device {
  Mutex mu{"device.mu"};
  bool active = true;  // guarded by mu
};

struct DeviceSet {
  explicit DeviceSet(Mode run_mode) : mode(run_mode) {
    devices["base"] = std::make_shared<Device>();
  }

  void Delete(const std::string& name, bool first) {
    if (!first) in_gap.Wait();
    std::unique_lock set(mu);
    const std::shared_ptr<Device> device = devices.at(name);
    if (mode == Mode::kTwin) set.unlock();
    if (!first) set_taken.Open();
    std::scoped_lock info(device->mu);
    if (mode != Mode::kTwin) set.unlock();
    if (first) {
      in_gap.Open();
      set_taken.WaitAndSettle();
    }
    device->active = false;
    set.lock();
    ++deleted;
  }

  const Mode mode;
  Mutex mu{"devices.mu"};
  std::map<std::string, std::shared_ptr<Device>> devices;  // guarded by mu
  int deleted = 0;                                         // guarded by mu
  Gate in_gap{mode};
  Gate set_taken{mode};
};

void Run(Mode mode) {
  auto devices = std::make_shared<DeviceSet>(mode);
  Chan<Unit> done(2, "done");
  Go("deleter-1", [=] {
    devices->Delete("base", true);
    done.Send({});
  });
  LetOthersFinish(mode);
  Go("deleter-2", [=] {
    devices->Delete("base", false);
    done.Send({});
  });
  AwaitAll(done, 2);
}

}  // namespace

const Shape kShape39{39, "relock_inside_section", Strikes::kSometimes, Run};

}  // namespace shapes
