// Permits as gates: locks taken in both orders by tasks that hold more permits than there are,
// which is no bug; and by tasks that do not, which is one.
#include "detector/analysis/permit_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "detector/analysis/lock_order.h"
#include "tests/analysis/nest.h"
#include "tests/analysis/play.h"

namespace gordian::testing {
namespace {

using detector::LockOrder;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Two tasks that take two locks in both orders.
struct Gated {
  TraceBuilder t;
  ObjectId a = t.Mutex("A"), b = t.Mutex("B");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  ObjectId Seats(std::uint64_t n) { return t.Object(ObjectKind::kSemaphore, "seats", n); }
};

TEST(PermitTable, APermitOfOneKeepsThemApart) {
  Gated g;
  const ObjectId seats = g.Seats(1);
  Nest(g.x.SemAcquire(seats), {g.a, g.b});
  g.x.SemRelease(seats);
  Nest(g.y.SemAcquire(seats), {g.b, g.a});
  g.y.SemRelease(seats);
  EXPECT_THAT(Play<LockOrder>(g.t), IsEmpty());
}

TEST(PermitTable, TwoPermitsKeepNobodyApart) {
  Gated g;
  const ObjectId seats = g.Seats(2);
  Nest(g.x.SemAcquire(seats), {g.a, g.b});
  g.x.SemRelease(seats);
  Nest(g.y.SemAcquire(seats), {g.b, g.a});
  g.y.SemRelease(seats);
  EXPECT_THAT(Play<LockOrder>(g.t), SizeIs(1));
}

TEST(PermitTable, TwoPermitsTakenByEachKeepThemApart) {
  Gated g;
  const ObjectId seats = g.Seats(3);
  Nest(g.x.SemAcquire(seats, 2), {g.a, g.b});
  g.x.SemRelease(seats, 2);
  Nest(g.y.SemAcquire(seats, 3).SemRelease(seats), {g.b, g.a});
  g.y.SemRelease(seats, 2);
  EXPECT_THAT(Play<LockOrder>(g.t), IsEmpty());
}

TEST(PermitTable, APermitThatOnlyOneOfThemHoldsKeepsNobodyApart) {
  Gated g;
  const ObjectId seats = g.Seats(1);
  Nest(g.x.SemAcquire(seats), {g.a, g.b});
  g.x.SemRelease(seats);
  Nest(g.y.SemAcquire(seats).SemRelease(seats), {g.b, g.a});
  EXPECT_THAT(Play<LockOrder>(g.t), SizeIs(1));
}

TEST(PermitTable, APermitThatOthersGiveBackIsASignal) {
  Gated g;
  const ObjectId seats = g.Seats(1);
  Nest(g.x.SemAcquire(seats), {g.a, g.b});
  g.y.SemRelease(seats);
  Nest(g.y.SemAcquire(seats), {g.b, g.a});
  g.x.SemRelease(seats);
  EXPECT_THAT(Play<LockOrder>(g.t), SizeIs(1));
}

// That there was no permit says that the other one is past its part.
TEST(PermitTable, ATryThatFailsSawWhoHeldThePermit) {
  Gated g;
  const ObjectId seats = g.Seats(1);
  Nest(g.x, {g.a, g.b});
  g.x.SemAcquire(seats);
  Nest(g.y.TryLockFails(seats), {g.b, g.a});
  const auto findings = Play<LockOrder>(g.t);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].verdict, detector::Verdict::kSuspected);
}

// As a group with a limit does: who starts a task takes its permit, the task gives it back.
TEST(PermitTable, APermitHandedOnAtTheStartKeepsThemApart) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A"), b = t.Mutex("B");
  const ObjectId limit = t.Object(ObjectKind::kSemaphore, "limit", 1);
  TaskTrace main = t.Main();
  main.SemAcquire(limit);
  TaskTrace x = main.Go("x");
  Nest(x, {a, b});
  x.SemRelease(limit);
  main.SemAcquire(limit);
  TaskTrace y = main.Go("y");
  Nest(y, {b, a});
  y.SemRelease(limit);
  EXPECT_THAT(Play<LockOrder>(t), IsEmpty());
}

TEST(PermitTable, TheOneSlotOfAChannelKeepsThemApart) {
  Gated g;
  const ObjectId slot = g.t.Chan("slot", 1);
  Nest(g.x.Send(slot), {g.a, g.b});
  g.x.Recv(slot);
  Nest(g.y.Send(slot), {g.b, g.a});
  g.y.Recv(slot);
  EXPECT_THAT(Play<LockOrder>(g.t), IsEmpty());
}

TEST(PermitTable, TheOneTokenInAChannelKeepsThemApart) {
  Gated g;
  const ObjectId token = g.t.Chan("token", 4);
  g.t.Main().Send(token);
  Nest(g.x.Recv(token), {g.a, g.b});
  g.x.Send(token);
  Nest(g.y.Recv(token), {g.b, g.a});
  g.y.Send(token);
  EXPECT_THAT(Play<LockOrder>(g.t), IsEmpty());
}

TEST(PermitTable, MessagesInAChannelKeepNobodyApart) {
  Gated g;
  const ObjectId jobs = g.t.Chan("jobs", 1);
  g.t.Main().Send(jobs);
  Nest(g.x.Recv(jobs), {g.a, g.b});
  g.t.Main().Send(jobs);
  Nest(g.y.Recv(jobs), {g.b, g.a});
  EXPECT_THAT(Play<LockOrder>(g.t), SizeIs(1));
}

}  // namespace
}  // namespace gordian::testing
