#include "tests/random/program.h"

#include <algorithm>
#include <random>
#include <string_view>
#include <utility>

namespace gordian::testing {
namespace {

constexpr std::string_view kNames[] = {"Lock",  "Unlock", "RLock", "RUnlock", "Send", "Recv",
                                       "Close", "Add",    "Done",  "Wait",    "Yield"};

class Maker {
 public:
  Maker(std::uint64_t seed, Manners manners) : random_(seed), manners_(manners) {}

  Program Make() {
    for (std::size_t n = 2 + Pick(3); n > 0; --n) program_.locks.push_back(Pick(2) == 0);
    for (std::size_t n = 1 + Pick(3); n > 0; --n) program_.capacities.push_back(Pick(3));
    for (std::size_t n = Pick(3); n > 0; --n) program_.groups.push_back(0);
    program_.goroutines.resize(2 + Pick(4));
    for (std::vector<Op>& ops : program_.goroutines) Write(ops);
    // Sometimes one Done is missing, so that the group's waiters wait for ever.
    for (int& count : program_.groups) count += !IsOrderly() && Pick(4) == 0 ? 1 : 0;
    return std::move(program_);
  }

 private:
  struct Held {
    std::size_t lock;
    bool shared;
  };

  std::size_t Pick(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }
  bool IsOrderly() const { return manners_ == Manners::kOrderly; }

  void Write(std::vector<Op>& ops) {
    held_.clear();
    for (std::size_t left = 2 + Pick(7); left > 0; --left) Step(ops);
    while (!held_.empty()) {
      const bool forgets = !IsOrderly() && Pick(10) == 0;
      if (forgets) {
        held_.pop_back();
      } else {
        Release(ops);
      }
    }
  }

  void Step(std::vector<Op>& ops) {
    switch (Pick(10)) {
      case 0:
      case 1:
      case 2:
        return Acquire(ops);
      case 3:
      case 4:
        return held_.empty() ? Acquire(ops) : Release(ops);
      case 5:
      case 6:
      case 7:
        return UseChannel(ops);
      case 8:
        return UseGroup(ops);
      default:
        ops.push_back({Do::kYield, 0});
    }
  }

  void Acquire(std::vector<Op>& ops) {
    const std::size_t lock = Pick(program_.locks.size());
    const bool again = std::any_of(held_.begin(), held_.end(),
                                   [&](const Held& held) { return held.lock == lock; });
    if (IsOrderly() && !held_.empty() && lock <= held_.back().lock) return;
    if (again && Pick(8) != 0) return;
    const bool shared = program_.locks[lock] && Pick(2) == 0;
    ops.push_back({shared ? Do::kRLock : Do::kLock, lock});
    held_.push_back({lock, shared});
  }

  void Release(std::vector<Op>& ops) {
    const Held held = held_.back();
    held_.pop_back();
    ops.push_back({held.shared ? Do::kRUnlock : Do::kUnlock, held.lock});
  }

  // An orderly program's channel takes all that is ever sent on it.
  void UseChannel(std::vector<Op>& ops) {
    const std::size_t channel = Pick(program_.capacities.size());
    if (IsOrderly()) {
      ++program_.capacities[channel];
      ops.push_back({Do::kSend, channel});
      return;
    }
    const std::size_t choice = Pick(11);
    const Do what = choice == 0 ? Do::kClose : choice < 6 ? Do::kSend : Do::kRecv;
    ops.push_back({what, channel});
  }

  // Every Done has its unit beforehand: from the start, or from an Add of the same goroutine.
  void UseGroup(std::vector<Op>& ops) {
    if (program_.groups.empty()) return;
    const std::size_t group = Pick(program_.groups.size());
    const std::size_t choice = Pick(IsOrderly() ? 2 : 3);
    if (choice == 0) {
      ++program_.groups[group];
      ops.push_back({Do::kDone, group});
    } else if (choice == 1) {
      ops.push_back({Do::kAdd, group});
      ops.push_back({Do::kDone, group});
    } else {
      ops.push_back({Do::kWait, group});
    }
  }

  std::mt19937_64 random_;
  Manners manners_;
  Program program_;
  std::vector<Held> held_;  // by the goroutine that is being written
};

}  // namespace

std::string Op::ObjectName() const {
  const std::string number = std::to_string(object);
  if (what <= Do::kRUnlock) return "lock " + number;
  return (what <= Do::kClose ? "chan " : "group ") + number;
}

std::string Program::ToString() const {
  std::string text;
  for (std::size_t i = 0; i < locks.size(); ++i) {
    text += "lock " + std::to_string(i) + (locks[i] ? ": RWMutex\n" : ": Mutex\n");
  }
  for (std::size_t i = 0; i < capacities.size(); ++i) {
    text += "chan " + std::to_string(i) + ": holds " + std::to_string(capacities[i]) + "\n";
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    text += "group " + std::to_string(i) + ": counts " + std::to_string(groups[i]) + "\n";
  }
  for (std::size_t i = 0; i < goroutines.size(); ++i) {
    text += "g" + std::to_string(i) + ":";
    for (const Op& op : goroutines[i]) {
      text += " " + std::string(kNames[static_cast<std::size_t>(op.what)]);
      if (op.what != Do::kYield) text += "(" + op.ObjectName() + ")";
    }
    text += "\n";
  }
  return text;
}

Program MakeProgram(std::uint64_t seed, Manners manners) { return Maker(seed, manners).Make(); }

}  // namespace gordian::testing
