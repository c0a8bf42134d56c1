// A lookup formats the catalog for its log line under the read lock, and formatting takes the
// read lock again. Every lookup then takes the write lock: one that queues between another's
// two read locks stops both.
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Catalog {
  explicit Catalog(Mode run_mode) : mode(run_mode) {}

  std::string StringLocked() const { return "catalog of " + std::to_string(lookups); }
  std::string String() {
    std::shared_lock lock(mu);
    return StringLocked();
  }

  const Mode mode;
  RWMutex mu{"catalog.mu"};
  int lookups = 0;  // guarded by mu
  Gate first_reading{mode};
  Gate second_writing{mode};
};

void Lookup(Catalog& catalog, bool first) {
  {
    std::shared_lock lock(catalog.mu);
    if (first) {
      catalog.first_reading.Open();
      catalog.second_writing.WaitAndSettle();
    }
    const bool fixed = catalog.mode == Mode::kTwin;
    const std::string line = fixed ? catalog.StringLocked() : catalog.String();
  }
  if (!first) catalog.second_writing.Open();
  std::scoped_lock lock(catalog.mu);
  ++catalog.lookups;
}

void Run(Mode mode) {
  auto catalog = std::make_shared<Catalog>(mode);
  Chan<Unit> done(1, "done");
  Go("planner", [=] {
    WaitGroup lookups("planner.lookups");
    lookups.Go("lookup-1", [=] { Lookup(*catalog, true); });
    catalog->first_reading.Wait();
    LetOthersFinish(mode);
    lookups.Go("lookup-2", [=] { Lookup(*catalog, false); });
    lookups.Wait();
    done.Send({});
  });
  AwaitAll(done, 1);
}

}  // namespace

const Shape kShape08{8, "string_under_read_lock", Strikes::kSometimes, Run};

}  // namespace shapes
