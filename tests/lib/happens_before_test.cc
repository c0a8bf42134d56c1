// What each primitive orders, shown by a variable: written before, read after. Each test has
// a twin without the order, where the same two accesses are a race.
#include <memory>

#include "detector/analysis/race_data.h"
#include "gordian/atomic.h"
#include "gordian/chan.h"
#include "gordian/context.h"
#include "gordian/go.h"
#include "gordian/pool.h"
#include "gordian/runtime.h"
#include "gordian/select.h"
#include "gordian/shared.h"
#include "gordian/time.h"
#include "tests/lib/recorded.h"
#include "tests/lib/settled.h"

namespace gordian {
namespace {

using testing::LetGoroutinesPark;
using testing::Recorded;

bool Races(const std::function<void()>& body) {
  const Recorded trace(body);
  detector::Model model;
  detector::RaceData race;
  const detector::EventSet wants = race.wants();
  for (const trace::Event& event : trace.events()) {
    if (wants.test(static_cast<std::size_t>(event.type))) race.On(event, model);
    model.Apply(event);
  }
  return !race.AtCut({}, model).empty();
}

TEST(HappensBeforeTest, ASendComesBeforeItsReceive) {
  const auto program = [](bool buffered) {
    Shared<int> x{0};
    Chan<int> c(buffered ? 1 : 0);
    Go([&] {
      x = 1;
      c.Send(0);
    });
    c.Recv();
    EXPECT_EQ(x, 1);
  };
  EXPECT_FALSE(Races([&] { program(false); }));
  EXPECT_FALSE(Races([&] { program(true); }));
}

TEST(HappensBeforeTest, AnUnbufferedReceiveComesBeforeTheSendCompletes) {
  const auto program = [](int capacity) {
    Shared<int> x{0};
    Chan<int> c(capacity);
    Chan<Unit> done(0);
    Go([&] {
      x = 1;
      c.Recv();
      done.Recv();
    });
    LetGoroutinesPark();
    c.Send(0);
    static_cast<void>(x.Read());
    done.Send({});
  };
  EXPECT_FALSE(Races([&] { program(0); }));
  EXPECT_TRUE(Races([&] { program(1); })) << "a buffered send waits for no receive";
}

TEST(HappensBeforeTest, AReceiveComesBeforeTheSendThatItMadeRoomFor) {
  const auto program = [](int sends) {
    Shared<int> x{0};
    Chan<int> c(2);
    Chan<Unit> done(0);
    c.Send(0);
    Go([&] {
      x = 1;
      c.Recv();
      done.Send({});
    });
    LetGoroutinesPark();
    for (int i = 0; i < sends; ++i) c.Send(i);
    static_cast<void>(x.Read());
    done.Recv();
  };
  EXPECT_FALSE(Races([&] { program(2); })) << "the third send follows the first receive";
  EXPECT_TRUE(Races([&] { program(1); }));
}

// Here the sender may go on before its receiver has recorded the receive.
TEST(HappensBeforeTest, AReceiveComesBeforeTheSendThatWaitedForIt) {
  const auto program = [](int capacity, bool select, bool in_time) {
    Shared<int> x{0};
    Chan<int> c(capacity);
    Chan<Unit> done(0);
    for (int i = 0; i < capacity; ++i) c.Send(i);
    Go([&] {
      Sleep(absl::Milliseconds(5));
      if (in_time) x = 1;
      c.Recv();
      if (!in_time) x = 1;
      done.Recv();
    });
    if (select) {
      Select(Send(c, 0), Recv(done));
    } else {
      c.Send(0);
    }
    static_cast<void>(x.Read());
    done.Send({});
  };
  for (const int capacity : {0, 1, 3}) {
    for (const bool select : {false, true}) {
      EXPECT_FALSE(Races([&] { program(capacity, select, true); })) << capacity << select;
      EXPECT_TRUE(Races([&] { program(capacity, select, false); })) << capacity << select;
    }
  }
}

TEST(HappensBeforeTest, ACloseComesBeforeTheReceiveThatSeesIt) {
  EXPECT_FALSE(Races([] {
    Shared<int> x{0};
    Chan<int> c(0);
    Go([&] {
      x = 1;
      c.Close();
    });
    c.Recv();
    static_cast<void>(x.Read());
  }));
}

TEST(HappensBeforeTest, ASelectOrdersThroughTheCaseItTookAlone) {
  const auto program = [](bool take_a) {
    Shared<int> x{0};
    Chan<int> a(1), b(1);
    Go([&] {
      x = 1;
      a.Send(1);
    });
    LetGoroutinesPark();
    if (take_a) {
      Select(Recv(a));
    } else {
      Select(Recv(Chan<int>()), Send(b, 1));
    }
    static_cast<void>(x.Read());
  };
  EXPECT_FALSE(Races([&] { program(true); }));
  EXPECT_TRUE(Races([&] { program(false); }));
}

TEST(HappensBeforeTest, AStoreComesBeforeTheLoadThatSeesIt) {
  const auto program = [](bool look) {
    Shared<int> x{0};
    Atomic<bool> ready{false};
    Go([&] {
      x = 1;
      ready.Store(true);
    });
    LetGoroutinesPark();
    while (look && !ready.Load()) Gosched();
    static_cast<void>(x.Read());
  };
  EXPECT_FALSE(Races([&] { program(true); }));
  EXPECT_TRUE(Races([&] { program(false); }));
}

TEST(HappensBeforeTest, AStoredValueCarriesWhatWasBeforeIt) {
  EXPECT_FALSE(Races([] {
    Shared<int> x{0};
    AtomicValue<int> value;
    Go([&] {
      x = 1;
      value.Store(1);
    });
    while (!value.Load().has_value()) Gosched();
    static_cast<void>(x.Read());
  }));
}

TEST(HappensBeforeTest, APutComesBeforeTheGetOfThatThingOnly) {
  const auto program = [](int puts_of_main) {
    Shared<int> x{0};
    Pool<int> pool([] { return 0; });
    Go([&] {
      x = 1;
      pool.Put(1);
    });
    LetGoroutinesPark();
    for (int i = 0; i < puts_of_main; ++i) pool.Put(2);
    static_cast<void>(pool.Get());  // the last that was put
    static_cast<void>(x.Read());
  };
  EXPECT_FALSE(Races([&] { program(0); }));
  EXPECT_TRUE(Races([&] { program(1); }));
}

TEST(HappensBeforeTest, SettingATimerComesBeforeItsCallback) {
  EXPECT_FALSE(Races([] {
    Shared<int> x{0};
    Chan<Unit> done(0);
    x = 1;
    AfterFunc(absl::Milliseconds(1), [&] {
      static_cast<void>(x.Read());
      done.Send({});
    });
    done.Recv();
  }));
}

TEST(HappensBeforeTest, ACancelComesBeforeWhatSeesIt) {
  const auto program = [](int how) {
    Shared<int> x{0};
    auto [ctx, cancel] = WithCancel(Background());
    auto [child, cancel_child] = WithCancel(ctx);
    Go([&] {
      x = 1;
      cancel();
    });
    LetGoroutinesPark();
    switch (how) {
      case 0:
        child.Done().Recv();
        break;
      case 1:
        while (child.Err().ok()) Gosched();
        break;
      case 2: {
        Chan<Unit> ran(0);
        AfterFunc(child, [&] { ran.Send({}); });
        ran.Recv();
        break;
      }
      default:
        break;
    }
    static_cast<void>(x.Read());
    cancel_child();
  };
  for (int how : {0, 1}) EXPECT_FALSE(Races([&] { program(how); })) << how;
  EXPECT_TRUE(Races([&] { program(3); }));
}

}  // namespace
}  // namespace gordian
