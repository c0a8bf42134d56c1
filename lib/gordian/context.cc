#include "gordian/context.h"

#include "instrument/schedule/point.h"

namespace gordian {

using internal::CancelNode;
using internal::ContextNode;
using internal::DeadlineNode;
using internal::NodeRef;

namespace {

CancelNode* CancellerOf(const NodeRef& node) {
  return node.get() == nullptr ? nullptr : node->canceller();
}

template <typename Cancel, typename Node>
Cancellable<Cancel> HandOut(Node* node) {
  NodeRef ref = NodeRef::Own(node);
  node->Attach();
  return {Context(ref), Cancel(std::move(ref))};
}

}  // namespace

RecvChan<Unit> Context::Done() const {
  CancelNode* canceller = CancellerOf(node_);
  return canceller == nullptr ? RecvChan<Unit>() : canceller->Done();
}

absl::Status Context::Err(const std::source_location& where) const {
  CancelNode* canceller = CancellerOf(node_);
  schedule::Point(schedule::Op::kLoad, canceller);
  return canceller == nullptr ? absl::OkStatus() : canceller->Err(where);
}

absl::Status Context::Cause(const std::source_location& where) const {
  CancelNode* canceller = CancellerOf(node_);
  schedule::Point(schedule::Op::kLoad, canceller);
  return canceller == nullptr ? absl::OkStatus() : canceller->Cause(where);
}

void Context::SetName(std::string_view name) const {
  if (CancelNode* canceller = CancellerOf(node_)) canceller->SetName(name);
}

std::optional<absl::Time> Context::Deadline() const {
  return node_.get() == nullptr ? std::nullopt : node_->deadline();
}

const std::any* Context::Find(const std::type_info& type, const void* key) const {
  for (const ContextNode* node = node_.get(); node != nullptr; node = node->parent()) {
    if (const std::any* value = node->Find(type, key)) return value;
  }
  return nullptr;
}

void CancelFunc::operator()(const std::source_location& where) const {
  CancelNode* canceller = CancellerOf(node_);
  if (canceller == nullptr) return;
  schedule::Point(schedule::Op::kCancel, canceller);
  canceller->Cancel(internal::CancelledError(), internal::CancelledError(), where);
}

void CancelCauseFunc::operator()(const absl::Status& cause,
                                 const std::source_location& where) const {
  CancelNode* canceller = CancellerOf(node_);
  if (canceller == nullptr) return;
  schedule::Point(schedule::Op::kCancel, canceller);
  canceller->Cancel(internal::CancelledError(), cause.ok() ? internal::CancelledError() : cause,
                    where);
}

Cancellable<CancelFunc> WithCancel(const Context& parent, std::string_view name,
                                   const std::source_location& made_at) {
  return HandOut<CancelFunc>(new CancelNode(parent.node(), name, made_at));
}

Cancellable<CancelCauseFunc> WithCancelCause(const Context& parent, std::string_view name,
                                             const std::source_location& made_at) {
  return HandOut<CancelCauseFunc>(new CancelNode(parent.node(), name, made_at));
}

Cancellable<CancelFunc> WithDeadline(const Context& parent, absl::Time deadline,
                                     std::string_view name, const std::source_location& made_at) {
  const std::optional<absl::Time> inherited = parent.Deadline();
  const bool never = deadline == absl::InfiniteFuture();
  const bool later = inherited.has_value() && *inherited <= deadline;
  // A parent that has ended comes first, however long ago the deadline was.
  if (never || later || !parent.Err(made_at).ok()) {
    return WithCancel(parent, name, made_at);
  }
  auto* node = new DeadlineNode(parent.node(), deadline, name, made_at);
  node->Arm();
  return HandOut<CancelFunc>(node);
}

Cancellable<CancelFunc> WithTimeout(const Context& parent, absl::Duration timeout,
                                    std::string_view name, const std::source_location& made_at) {
  return WithDeadline(parent, internal::TimeNow() + timeout, name, made_at);
}

Context WithoutCancel(const Context& parent) {
  return Context(NodeRef::Own(new internal::DetachedNode(parent.node())));
}

bool StopFunc::operator()() const {
  schedule::Point(schedule::Op::kCancel, after_.get());
  return after_.get()->Stop();
}

StopFunc AfterFunc(const Context& ctx, Spawned callback) {
  schedule::Point(schedule::Op::kCancel, ctx.node().get());
  internal::AfterRef after(new internal::AfterNode(CancellerOf(ctx.node()), std::move(callback)));
  after.get()->Attach();
  return StopFunc(std::move(after));
}

}  // namespace gordian
