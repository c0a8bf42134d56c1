// Who goes on: the one interface of every controlled policy.
//
// Under a policy one task runs at a time. At each Point, and whenever the running task blocks
// or ends, the policy says who is next; at each Choose it says what is taken.
//
// Locking  called under the controller's lock, one call at a time.
// Limits   must be deterministic in what it is given, so that a schedule can be repeated.
#ifndef GORDIAN_INSTRUMENT_SCHEDULE_POLICY_H_
#define GORDIAN_INSTRUMENT_SCHEDULE_POLICY_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string_view>

#include "instrument/schedule/point.h"

namespace gordian::schedule {

// A task as policies see it.
struct Controlled {
  std::uint32_t ordinal = 0;  // from 1, in order of creation
  Op op = Op::kNone;          // what it does next
  const void* object = nullptr;
};

struct ByOrdinal {
  bool operator()(const Controlled* a, const Controlled* b) const {
    return a->ordinal < b->ordinal;
  }
};
using Runnable = std::set<Controlled*, ByOrdinal>;

class Policy {
 public:
  virtual ~Policy() = default;

  // The task that goes on, out of `runnable`, which is not empty. `last` ran last; it may
  // have ended, then only its ordinal is left.
  virtual Controlled* Next(const Runnable& runnable, std::uint32_t last) = 0;

  // A number below `n`, which is at least 2.
  virtual std::uint32_t Choose(Choice choice, std::uint32_t n) = 0;
};

// Every task in turn, in order of creation.
std::unique_ptr<Policy> MakeRoundRobin();

// The policy of this name, or nullptr.
std::unique_ptr<Policy> MakePolicy(std::string_view name);

}  // namespace gordian::schedule

#endif  // GORDIAN_INSTRUMENT_SCHEDULE_POLICY_H_
