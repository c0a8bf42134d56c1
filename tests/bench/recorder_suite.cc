// What recording costs: per event, per lock pair, per operation of each primitive.
#include <mutex>

#include "gordian/gordian.h"
#include "instrument/recorder/recorder.h"
#include "tests/bench/recycling_sink.h"
#include "tests/bench/suites.h"

namespace gordian::bench {
namespace {

constexpr std::uint64_t kRounds = 2'000'000;

template <typename Operation>
double NsOf(Operation&& operation, std::uint64_t rounds = kRounds) {
  return NsPer(rounds, [&] {
    for (std::uint64_t i = 0; i < rounds; ++i) operation();
  });
}

template <typename Operation>
Measure Recorded(Operation operation, std::uint64_t rounds = kRounds) {
  return [operation, rounds] {
    Recording recording;
    return NsOf(operation, rounds);
  };
}

template <typename Operation>
Measure Unrecorded(Operation operation, std::uint64_t rounds = kRounds) {
  return [operation, rounds] { return NsOf(operation, rounds); };
}

void LockPairs(Table& table) {
  static Mutex ours;
  static std::mutex theirs;
  const auto our_pair = [] {
    ours.Lock();
    ours.Unlock();
  };
  const auto their_pair = [] {
    theirs.lock();
    theirs.unlock();
  };
  table.Compare({"recorder/lock_pair_recorded", "ns", "std::mutex", 3}, Recorded(our_pair),
                Unrecorded(their_pair));
  table.Against({"recorder/lock_pair_recorded_absolute", "ns", "goal 25 ns", 1}, Recorded(our_pair),
                25);
  table.Compare({"recorder/lock_pair_off", "ns", "std::mutex", 1.5}, Unrecorded(our_pair),
                Unrecorded(their_pair));
}

void Events(Table& table) {
  static recorder::Tracked object;
  const auto narrow = [] {
    recorder::Ordered(recorder::Log(), object, trace::EventType::kLock, 1);
  };
  static std::uint64_t buffer[4096];
  static std::uint64_t at = 0;
  const auto store = [] {
    buffer[at++ % 4096] = at;
    Keep(buffer);
  };
  table.Compare(
      {"recorder/event_narrow", "ns", "an 8-byte store", 4},
      [narrow] {
        Recording recording;
        recorder::EnsureRegistered(object, trace::ObjectKind::kMutex, 0, 0);
        return NsOf(narrow);
      },
      Unrecorded(store));
}

// Each primitive recorded, beside itself unrecorded.
void Primitives(Table& table) {
  static RWMutex rw;
  static WaitGroup group;
  static Once once;
  static Chan<int> buffered(128);
  const auto read = [] {
    rw.RLock();
    rw.RUnlock();
  };
  const auto add_done = [] {
    group.Add(1);
    group.Done();
  };
  const auto do_once = [] { once.Do([] {}); };
  const auto send_recv = [] {
    buffered.Send(1);
    Keep(buffered.Recv());
  };
  const auto compare = [&](const char* name, double goal, const auto& operation) {
    table.Compare({name, "ns", "itself, unrecorded", goal}, Recorded(operation, kRounds / 4),
                  Unrecorded(operation, kRounds / 4));
  };
  compare("recorder/rwmutex_read", 0, read);
  table.Against({"recorder/rwmutex_read_absolute", "ns", "goal 30 ns", 1}, Recorded(read), 30);
  compare("recorder/waitgroup_add_done", 0, add_done);
  table.Against({"recorder/waitgroup_absolute", "ns", "goal 30 ns", 1}, Recorded(add_done), 30);
  compare("recorder/once_done", 0, do_once);
  table.Against({"recorder/once_absolute", "ns", "goal 5 ns", 1}, Recorded(do_once), 5);
  compare("recorder/chan_buffered", 0, send_recv);
}

}  // namespace

void RecorderSuite(Table& table) {
  Events(table);
  LockPairs(table);
  SupervisedRows(table);
  Primitives(table);
}

}  // namespace gordian::bench
