#include "tests/analysis/trace_builder.h"

#include <algorithm>
#include <utility>

namespace gordian::testing {

TaskTrace& TaskTrace::At(trace::SiteId site) {
  t_->next_site_ = site;
  return *this;
}

TaskTrace& TaskTrace::Timed() {
  t_->next_flags_ |= trace::kFlagTimed;
  return *this;
}

TaskTrace& TaskTrace::Exact() {
  t_->next_flags_ |= trace::kFlagExact;
  return *this;
}

TaskTrace& TaskTrace::Try() {
  t_->next_flags_ |= trace::kFlagTry;
  return *this;
}

TaskTrace& TaskTrace::For(TaskTrace waiter) {
  t_->next_flags_ |= trace::kFlagFor;
  t_->next_for_ = waiter.id();
  return *this;
}

TaskTrace TaskTrace::Go(std::string_view name, trace::TaskKind kind) {
  const TaskId child = ++t_->tasks_;
  t_->Append(id_, EventType::kTaskSpawn, child, {static_cast<std::uint64_t>(kind)}, name);
  t_->Append(child, EventType::kTaskRun, child, {1, t_->now_});
  return TaskTrace(*t_, child);
}

TaskTrace& TaskTrace::End(trace::TaskEndReason how) {
  t_->Append(id_, EventType::kTaskEnd, id_, {static_cast<std::uint64_t>(how)});
  return *this;
}

TaskTrace& TaskTrace::WantsJoin(TaskTrace other) {
  t_->Append(id_, EventType::kTaskJoinRequest, other.id());
  return *this;
}

TaskTrace& TaskTrace::Join(TaskTrace other) {
  t_->Append(id_, EventType::kTaskJoin, other.id());
  return *this;
}

TaskTrace& TaskTrace::Sleep(std::uint64_t ns) {
  t_->Append(id_, EventType::kSleep, 0, {ns});
  return *this;
}

TaskTrace& TaskTrace::WaitEnd(ObjectId object, trace::WaitEndReason why) {
  return On(EventType::kWaitEnd, object, {static_cast<std::uint64_t>(why)});
}

TaskTrace& TaskTrace::Add(ObjectId group, std::int64_t delta) {
  const std::int64_t value = t_->objects_[group].value += delta;
  return On(EventType::kWaitGroupAdd, group,
            {static_cast<std::uint64_t>(delta), static_cast<std::uint64_t>(value)});
}

TaskTrace& TaskTrace::Select(std::initializer_list<Case> cases, bool has_default) {
  t_->Append(id_, EventType::kSelectBegin, static_cast<std::uint32_t>(cases.size()),
             {has_default ? 1u : 0u});
  for (const Case& c : cases) {
    On(c.is_send ? EventType::kSelectCaseSend : EventType::kSelectCaseRecv, c.channel);
  }
  return *this;
}

TaskTrace& TaskTrace::SelectBlocks(std::initializer_list<Case> cases) {
  const trace::SiteId site = t_->next_site_;
  Select(cases, false);
  t_->next_site_ = site;
  t_->Append(id_, EventType::kSelectBlock, static_cast<std::uint32_t>(cases.size()));
  return *this;
}

TaskTrace& TaskTrace::SelectEnd(std::uint32_t taken) {
  t_->Append(id_, EventType::kSelectEnd, taken);
  return *this;
}
TaskTrace& TaskTrace::SelectPolls(std::uint32_t more) {
  t_->Append(id_, EventType::kSelectPolls, more);
  return *this;
}

TaskTrace& TaskTrace::On(EventType type, ObjectId object,
                         std::initializer_list<std::uint64_t> args) {
  t_->Append(id_, type, object, args);
  return *this;
}

TaskTrace& TaskTrace::Memory(EventType type, std::uint32_t bytes,
                             std::initializer_list<std::uint64_t> args) {
  t_->Append(id_, type, bytes, args);
  return *this;
}

TraceBuilder::TraceBuilder() {
  Append(1, EventType::kTaskRun, 1, {1, now_});
  Append(1, EventType::kTaskName, 1, {}, "main");
}

ObjectId TraceBuilder::Object(ObjectKind kind, std::string_view name, std::uint64_t detail) {
  const ObjectId id = static_cast<ObjectId>(objects_.size());
  objects_.emplace_back();
  Append(1, EventType::kObjectBegin, id, {static_cast<std::uint64_t>(kind), detail});
  if (!name.empty()) Append(1, EventType::kObjectName, id, {}, name);
  return id;
}

void TraceBuilder::TestBegin(std::uint32_t id, std::string_view name) {
  Append(1, EventType::kTestBegin, id, {}, name);
}

void TraceBuilder::TestEnd(std::uint32_t id) { Append(1, EventType::kTestEnd, id); }

void TraceBuilder::ProcessEnd(trace::ProcessEndReason how) {
  Append(1, EventType::kProcessEnd, 0, {static_cast<std::uint64_t>(how)});
}

void TraceBuilder::Append(TaskId task, EventType type, std::uint32_t subject,
                          std::initializer_list<std::uint64_t> args, std::string_view text) {
  trace::Event event;
  event.type = type;
  event.flags = std::exchange(next_flags_, std::uint16_t{0});
  event.subject = subject;
  event.site = next_site_ != 0 ? std::exchange(next_site_, 0u) : ++sites_;
  event.actor = task;
  event.task = event.Has(trace::kFlagFor) ? std::exchange(next_for_, 0u) : task;
  event.stream = task;
  event.time = now_;
  std::copy(args.begin(), args.end(), event.args.begin());
  if (!text.empty()) event.text = texts_.emplace_back(text);
  const trace::EventSpec& spec = trace::Spec(type);
  if (spec.subject == trace::Subject::kObject && subject < objects_.size()) {
    if (spec.order == trace::Order::kOrdered) ++objects_[subject].version;
    if (spec.order != trace::Order::kLocal) event.version = objects_[subject].version;
  }
  event.seq = events_.size() + 1;
  events_.push_back(event);
}

}  // namespace gordian::testing
