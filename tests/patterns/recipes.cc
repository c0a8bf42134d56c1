#include "tests/patterns/recipes.h"

#include <array>
#include <utility>
#include <vector>

namespace patterns {
namespace {

using namespace gordian;  // NOLINT: nearly every name here is one of its

const std::vector<int> kValues = {1, 2, 3, 4, 5, 6, 7, 8};

// Receives from `in`, and looks at nothing but that.
template <typename Channel>
void Receive(const Channel& in, int steps) {
  for (int i = 0; i < steps && in.Recv().has_value(); ++i) {
  }
}

void RunGenerate(const Until& until, int steps) { Receive(Generate(until, kValues), steps); }
void RunRepeat(const Until& until, int steps) { Receive(Repeat(until, {1, 2, 3}), steps); }
void RunRepeatFunction(const Until& until, int steps) {
  Receive(RepeatFunction(until, [] { return 4; }), steps);
}
void RunTake(const Until& until, int steps) {
  Receive(Take(until, Repeat(until, {1, 2}), 5), steps);
}

void RunPipeline(const Until& until, int steps) {
  const auto doubled = Map(until, Generate(until, kValues), [](int n) { return 2 * n; });
  const auto odd = Filter(until, doubled, [](int n) { return n % 3 != 0; });
  Receive(Stream(until, Batch(until, odd, 2)), steps);
}

void RunFan(const Until& until, int steps) {
  const auto parts = FanOut(until, Generate(until, kValues), 3, [](int n) { return n * n; });
  Receive(FanIn(until, parts), steps);
}

void RunOr(const Until& until, int steps) {
  const Chan<Unit> other(0);
  const auto any = Or({until.Done(), other});
  if (steps == 0) return;
  other.Close();
  any.Recv();
}

// A source that never closes and, after some values, never sends.
void RunOrDone(const Until& until, int steps) {
  const Chan<int> source(8);
  for (int i = 0; i < 4; ++i) source.Send(i);
  Receive(OrDone(until, source), std::min(steps, 4));
}

void RunTee(const Until& until, int steps) {
  const auto [left, right] = Tee(until, Generate(until, kValues));
  for (int i = 0; i < steps; ++i) (i % 2 == 0 ? left : right).Recv();
}

void RunBridge(const Until& until, int steps) {
  const auto channels = RepeatFunction(until, [until] { return Generate(until, {1, 2}); });
  Receive(Bridge(until, channels), steps);
}

void RunQueue(const Until& until, int steps) {
  Receive(Queue(until, Generate(until, kValues), 3), steps);
}

void RunResults(const Until& until, int steps) {
  const auto tried = Map(until, Generate(until, kValues), [](int n) -> absl::StatusOr<int> {
    if (n == 6) return absl::NotFoundError("six");
    return n;
  });
  const auto then = Then(until, tried, [](int n) { return n + 1; });
  if (steps > 6) {
    Collect(until, then).IgnoreError();
  } else {
    Receive(then, steps);
  }
}

void RunBeatEvery(const Until& until, int steps) {
  const auto beating =
      BeatEvery(until, absl::Milliseconds(1), Generate(until, kValues), [](int n) { return n; });
  for (int i = 0; i < steps; ++i) {
    Select(Recv(beating.beats), Recv(beating.results));
  }
}

void RunBeatPerUnit(const Until& until, int steps) {
  const auto beating = BeatPerUnit(until, Generate(until, kValues), [](int n) { return n; });
  Receive(beating.results, steps);
}

void RunThrottle(const Until& until, int steps) {
  static RateLimiter limiter(Every(absl::Microseconds(300)), 1);
  Receive(Throttle(until, Generate(until, kValues), limiter), steps);
}

// Only the last step has an answer; before, all wait until they are told to end.
void RunFirstAnswer(const Until& until, int steps) {
  const auto ask = [steps](const RecvChan<Unit>& done, int i) -> absl::StatusOr<int> {
    if (steps > 2 && i == 1) return i;
    const Chan<int> never(0);
    Select(Recv(never), Recv(done));
    return absl::CancelledError();
  };
  Go([until, ask] { FirstAnswer<int>(until.Done(), 3, ask).IgnoreError(); });
}

void RunBoundedPool(const Until& until, int steps) {
  auto pool = std::make_shared<BoundedPool<int>>(2, [] { return 1; });
  for (int i = 0; i < 5; ++i) {
    Go([until, pool, i, steps] {
      const auto lease = pool->Get(until);
      if (lease.ok() && i >= steps) until.Done().Recv();
    });
  }
}

// A ward that falls silent after some beats.
RecvChan<Unit> Sickly(const Until& until, absl::Duration pulse) {
  return Produce<Unit>(until, [pulse](const Emit<Unit>& emit) {
    for (int i = 0; i < 2; ++i) {
      if (!emit.until().Sleep(pulse) || !emit({})) return;
    }
    emit.until().Done().Recv();
  });
}

void RunSteward(const Until& until, int steps) {
  const Ward healed = Steward(absl::Milliseconds(8), Steward(absl::Milliseconds(2), Ward(Sickly)));
  Receive(healed(until, absl::Milliseconds(1)), steps);
}

constexpr auto kRecipes = std::to_array<Recipe>({
    {"Generate", RunGenerate},
    {"Repeat", RunRepeat},
    {"RepeatFunction", RunRepeatFunction},
    {"Take", RunTake},
    {"Pipeline", RunPipeline},
    {"Fan", RunFan},
    {"Or", RunOr},
    {"OrDone", RunOrDone},
    {"Tee", RunTee},
    {"Bridge", RunBridge},
    {"Queue", RunQueue},
    {"Results", RunResults},
    {"BeatEvery", RunBeatEvery},
    {"BeatPerUnit", RunBeatPerUnit},
    {"Throttle", RunThrottle},
    {"FirstAnswer", RunFirstAnswer},
    {"BoundedPool", RunBoundedPool},
    {"Steward", RunSteward},
});

}  // namespace

std::span<const Recipe> Recipes() { return kRecipes; }

void StopAtEveryStep(const Recipe& recipe, int most) {
  for (int steps = 0; steps < most; ++steps) {
    auto [ctx, cancel] = WithCancel(Background());
    recipe.run(ctx, steps);
    cancel();
    const Chan<Unit> done(0);
    recipe.run(done, steps);
    done.Close();
  }
}

}  // namespace patterns
