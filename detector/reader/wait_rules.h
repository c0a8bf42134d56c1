// Which records open a wait, which ones end it, and what a task may still write in between.
//
// The reader uses it to place completions written by other tasks (flag `for`) after
// the request and before the waiter's next record; the verifier to say what is wrong.
// See instrument/trace/FORMAT.md, "Requests and their ends".
#ifndef GORDIAN_DETECTOR_READER_WAIT_RULES_H_
#define GORDIAN_DETECTOR_READER_WAIT_RULES_H_

#include <array>
#include <cstdint>
#include <tuple>
#include <vector>

#include "instrument/trace/event.h"

namespace gordian::detector {

enum class RequestKind : std::uint8_t {
  kNone,
  kLock,
  kRLock,
  kCond,
  kWaitGroup,
  kOnce,
  kSend,
  kRecv,
  kSelect,
  kSemaphore,
  kBarrier,
  kJoin,
  kSleep,
};

struct WaitRule {
  RequestKind opens = RequestKind::kNone;
  RequestKind closes = RequestKind::kNone;  // `wait-end` closes any: it is not listed here
  // What a task may write, about itself or others, between its request and its
  // continuation: definitions, times, switches, and what stands beside a request.
  bool passes = false;
};

namespace internal {

constexpr std::array<WaitRule, 128> MakeWaitRules() {
  using Type = trace::EventType;
  using Kind = RequestKind;
  std::array<WaitRule, 128> rules{};
  const auto opens = [&](Type type, Kind kind) {
    rules[static_cast<std::size_t>(type)].opens = kind;
  };
  const auto closes = [&](Type type, Kind kind) {
    rules[static_cast<std::size_t>(type)].closes = kind;
  };
  opens(Type::kLockRequest, Kind::kLock);
  closes(Type::kLock, Kind::kLock);
  opens(Type::kRLockRequest, Kind::kRLock);
  closes(Type::kRLock, Kind::kRLock);
  opens(Type::kCondWait, Kind::kCond);
  closes(Type::kCondWake, Kind::kCond);
  opens(Type::kWaitGroupRequest, Kind::kWaitGroup);
  closes(Type::kWaitGroupWait, Kind::kWaitGroup);
  opens(Type::kOnceRequest, Kind::kOnce);
  closes(Type::kOnceSeen, Kind::kOnce);
  closes(Type::kOnceBegin, Kind::kOnce);
  opens(Type::kChanSendRequest, Kind::kSend);
  closes(Type::kChanSend, Kind::kSend);
  opens(Type::kChanRecvRequest, Kind::kRecv);
  closes(Type::kChanRecv, Kind::kRecv);
  closes(Type::kChanRecvClosed, Kind::kRecv);
  opens(Type::kSelectBlock, Kind::kSelect);
  opens(Type::kSemRequest, Kind::kSemaphore);
  closes(Type::kSemAcquire, Kind::kSemaphore);
  opens(Type::kBarrierRequest, Kind::kBarrier);
  closes(Type::kBarrierDepart, Kind::kBarrier);
  opens(Type::kTaskJoinRequest, Kind::kJoin);
  closes(Type::kTaskJoin, Kind::kJoin);
  opens(Type::kSleep, Kind::kSleep);
  for (Type type : {Type::kProcess,     Type::kModule,     Type::kSite,        Type::kSiteStack,
                    Type::kSiteFrames,  Type::kTime,       Type::kLoss,        Type::kTestBegin,
                    Type::kTestEnd,     Type::kProcessEnd, Type::kTaskRun,     Type::kTaskStop,
                    Type::kTaskName,    Type::kTaskThread, Type::kTaskReady,   Type::kTaskFrozen,
                    Type::kObjectBegin, Type::kObjectName, Type::kChanHandles, Type::kMisuse}) {
    rules[static_cast<std::size_t>(type)].passes = true;
  }
  return rules;
}

}  // namespace internal

inline constexpr std::array<WaitRule, 128> kWaitRules = internal::MakeWaitRules();

constexpr const WaitRule& WaitRuleOf(trace::EventType type) {
  return kWaitRules[static_cast<std::size_t>(type)];
}

struct CaseOfSelect {
  trace::ObjectId channel = 0;
  RequestKind kind = RequestKind::kNone;  // kSend or kRecv

  bool operator==(const CaseOfSelect&) const = default;
  bool operator<(const CaseOfSelect& other) const {
    return std::tie(channel, kind) < std::tie(other.channel, other.kind);
  }
};

// What a task waits for, from its request on.
struct OpenWait {
  RequestKind kind = RequestKind::kNone;
  std::uint32_t on = 0;             // the object, or the task to join
  std::vector<CaseOfSelect> cases;  // of a select, sorted

  explicit operator bool() const { return kind != RequestKind::kNone; }

  // `cases` are swapped out where the request is a select's.
  void Begin(const trace::Event& request, std::vector<CaseOfSelect>& select_cases);
  void End();

  // Whether `event`, of the waiting task, is the end of this wait.
  bool EndsWith(const trace::Event& event) const;
  // Whether the waiting task may write `event` and wait on.
  bool Passes(const trace::Event& event) const;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_READER_WAIT_RULES_H_
