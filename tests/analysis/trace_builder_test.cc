#include "tests/analysis/trace_builder.h"

#include <gtest/gtest.h>

namespace gordian::testing {
namespace {

using trace::Event;

TEST(TraceBuilder, NumbersVersionsAsARecorderDoes) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(a);
  y.At(7).WantsLock(a);
  x.Unlock(a).For(y).Lock(a);
  const auto& events = t.events();
  const Event& lock = events[events.size() - 4];
  const Event& request = events[events.size() - 3];
  const Event& granted = events.back();
  EXPECT_EQ(lock.version, 2u);  // `object` took the first
  EXPECT_EQ(request.version, 2u);
  EXPECT_EQ(request.site, 7u);
  EXPECT_EQ(granted.version, 4u);
  EXPECT_EQ(granted.task, y.id());
  EXPECT_EQ(granted.actor, x.id());
}

TEST(TraceBuilder, KeepsTheTextsAndTheWaitGroupsValue) {
  TraceBuilder t;
  const ObjectId group = t.WaitGroup("workers");
  t.Main().Add(group, 2).Done(group);
  EXPECT_EQ(t.events()[1].text, "main");
  EXPECT_EQ(t.events().back().args[0], static_cast<std::uint64_t>(-1));
  EXPECT_EQ(t.events().back().args[1], 1u);
}

}  // namespace
}  // namespace gordian::testing
