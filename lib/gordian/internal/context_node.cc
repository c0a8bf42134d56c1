#include "gordian/internal/context_node.h"

#include "gordian/internal/call_site.h"
#include "gordian/internal/record.h"
#include "gordian/internal/scheduler.h"

namespace gordian::internal {

using recorder::ThreadLog;
using trace::EventType;
using trace::ObjectKind;

const absl::Status& CancelledError() {
  static const auto* error = new absl::Status(absl::CancelledError("context cancelled"));
  return *error;
}

const absl::Status& DeadlineError() {
  static const auto* error =
      new absl::Status(absl::DeadlineExceededError("context deadline exceeded"));
  return *error;
}

// --- References ----------------------------------------------------------------

NodeRef::NodeRef(const NodeRef& other) : node_(other.node_) {
  if (node_ != nullptr) node_->AddUser();
}

NodeRef::~NodeRef() {
  if (node_ != nullptr) ContextNode::DropUser(node_);
}

ContextNode::ContextNode(const NodeRef& parent) : parent_(parent) {
  if (parent.get() == nullptr) return;
  canceller_ = parent->canceller();
  deadline_ = parent->deadline();
}

// A loop, since chains of contexts may be long and a goroutine's stack is short.
void ContextNode::DropUser(ContextNode* node) {
  while (node != nullptr && node->users_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    ContextNode* parent = node->parent_.Release();
    node->LastUserGone();
    node->Unref();
    node = parent;
  }
}

// --- The children list ---------------------------------------------------------

void ChildList::Add(CancelChild& child) {
  child.prev_ = nullptr;
  child.next_ = first_;
  if (first_ != nullptr) first_->prev_ = &child;
  first_ = &child;
  child.linked_ = true;
}

bool ChildList::Remove(CancelChild& child) {
  if (!child.linked_) return false;
  (child.prev_ == nullptr ? first_ : child.prev_->next_) = child.next_;
  if (child.next_ != nullptr) child.next_->prev_ = child.prev_;
  child.linked_ = false;
  return true;
}

CancelChild* ChildList::Pop() {
  CancelChild* first = first_;
  if (first != nullptr) Remove(*first);
  return first;
}

// --- CancelNode ----------------------------------------------------------------

CancelNode::CancelNode(const NodeRef& parent, std::string_view name,
                       const std::source_location& made_at)
    : ContextNode(parent), ancestor_(canceller_), made_at_(made_at), origin_(name, made_at) {
  canceller_ = this;
  if (ancestor_ != nullptr) ancestor_->Ref();
  if (ThreadLog* log = Recording()) [[unlikely]]
    origin_.In(*log, ObjectKind::kContext);
}

CancelNode::~CancelNode() {
  origin_.End();
  if (ancestor_ != nullptr) ancestor_->Unref();
}

void CancelNode::Attach() {
  if (ancestor_ == nullptr) return;
  if (!ancestor_->AddChild(*this)) return ancestor_->Tell(*this, made_at_);
  // Its deadline may have passed before it was in the list.
  if (IsCancelled()) LeaveAncestor();
}

bool CancelNode::AddChild(CancelChild& child) {
  lock_.Lock();
  const bool open = !IsCancelled();
  if (open) {
    child.RefChild();
    children_.Add(child);
  }
  lock_.Unlock();
  return open;
}

bool CancelNode::RemoveChild(CancelChild& child) {
  lock_.Lock();
  const bool removed = children_.Remove(child);
  lock_.Unlock();
  return removed;
}

void CancelNode::LeaveAncestor() {
  if (ancestor_ != nullptr && ancestor_->RemoveChild(*this)) Unref();
}

void CancelNode::Cancel(const absl::Status& err, const absl::Status& cause,
                        const std::source_location& where) {
  lock_.Lock();
  if (IsCancelled()) return lock_.Unlock();
  err_ = err;
  cause_ = cause;
  if (ThreadLog* log = ended_ ? nullptr : Recording()) [[unlikely]] {
    recorder::Ordered(*log, origin_.In(*log, ObjectKind::kContext), EventType::kCancel,
                      CallSite(where).In(*log));
  }
  cancelled_.store(true, std::memory_order_release);
  ChanCore* const done = done_.core();
  lock_.Unlock();

  if (done != nullptr) done->CloseIfOpen(where);
  for (;;) {
    lock_.Lock();
    CancelChild* child = children_.Pop();
    lock_.Unlock();
    if (child == nullptr) break;
    child->ParentCancelled(err, cause, where);
    child->UnrefChild();
  }
  StopDeadline(where);
  LeaveAncestor();
}

RecvChan<Unit> CancelNode::Done() {
  lock_.Lock();
  Chan<Unit> done = done_;
  lock_.Unlock();
  if (done != nullptr) return done;

  Chan<Unit> fresh(0, {}, made_at_);
  lock_.Lock();
  if (done_ == nullptr) done_ = fresh;
  done = done_;
  const bool cancelled = IsCancelled();
  lock_.Unlock();
  if (cancelled) {
    RecordSeen(made_at_);
    done.core()->CloseIfOpen(made_at_);
  }
  return done;
}

absl::Status CancelNode::Err(const std::source_location& where) {
  if (!IsCancelled()) return absl::OkStatus();
  RecordSeen(where);
  return err_;
}

absl::Status CancelNode::Cause(const std::source_location& where) {
  if (!IsCancelled()) return absl::OkStatus();
  RecordSeen(where);
  return cause_;
}

void CancelNode::RecordSeen(const std::source_location& where) {
  if (ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Observed(*log, origin_.In(*log, ObjectKind::kContext), EventType::kHbAcquire,
                       CallSite(where).In(*log));
  }
}

void CancelNode::LastUserGone() {
  lock_.Lock();
  ended_ = true;
  origin_.End();
  const bool awaited = !children_.empty() || (done_ != nullptr && done_.core()->handles() > 1);
  lock_.Unlock();
  if (IsCancelled()) return;
  if (!awaited) {
    StopDeadline(made_at_);
    LeaveAncestor();
  } else if (ancestor_ == nullptr && !IsArmed()) {
    OrphanChildren();
  }
}

void CancelNode::Orphaned() {
  if (!HasUsers() && !IsArmed()) OrphanChildren();
}

void CancelNode::OrphanChildren() {
  for (;;) {
    lock_.Lock();
    CancelChild* child = children_.Pop();
    lock_.Unlock();
    if (child == nullptr) return;
    child->Orphaned();
    child->UnrefChild();
  }
}

// --- DeadlineNode --------------------------------------------------------------

DeadlineNode::DeadlineNode(const NodeRef& parent, absl::Time deadline, std::string_view name,
                           const std::source_location& made_at)
    : CancelNode(parent, name, made_at), timer_(name, made_at) {
  deadline_ = deadline;
  fire = Fire;
}

void DeadlineNode::Arm() {
  // Nobody needs to wait for what has passed.
  if (*deadline() <= TimeNow()) return Cancel(DeadlineError(), DeadlineError(), made_at());
  const std::int64_t deadline_at = DeadlineNs(*deadline());
  if (ThreadLog* log = Recording()) [[unlikely]] {
    const auto delay = static_cast<std::uint64_t>(deadline_at - NowNs());
    recorder::OrderedWide(*log, timer_.In(*log, ObjectKind::kTimer), EventType::kTimerSet,
                          log->Site(made_at()), {.operands = {delay}});
  }
  armed_.store(true, std::memory_order_relaxed);
  Ref();
  ArmTimer(*this, deadline_at);
}

void DeadlineNode::Fire(TimerEntry& entry) {
  auto& self = static_cast<DeadlineNode&>(entry);
  self.timer_lock_.Lock();
  self.armed_.store(false, std::memory_order_release);
  if (ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Ordered(*log, self.timer_.In(*log, ObjectKind::kTimer), EventType::kTimerFire,
                      log->Site(self.made_at()));
  }
  self.timer_lock_.Unlock();
  self.Cancel(DeadlineError(), DeadlineError(), self.made_at());
  self.Unref();
}

void DeadlineNode::StopDeadline(const std::source_location& where) {
  if (!IsArmed() || !CancelTimer(*this)) return;
  timer_lock_.Lock();
  armed_.store(false, std::memory_order_release);
  if (ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Ordered(*log, timer_.In(*log, ObjectKind::kTimer), EventType::kTimerStop,
                      CallSite(where).In(*log));
  }
  timer_lock_.Unlock();
  Unref();
}

// --- AfterNode -----------------------------------------------------------------

AfterNode::AfterNode(CancelNode* ancestor, Spawned callback)
    : ancestor_(ancestor), callback_(std::move(callback)) {
  if (ancestor_ != nullptr) ancestor_->Ref();
}

AfterNode::~AfterNode() {
  if (ancestor_ != nullptr) ancestor_->Unref();
}

void AfterNode::Attach() {
  if (ancestor_ != nullptr && !ancestor_->AddChild(*this)) {
    ancestor_->Tell(*this, callback_.location);
  }
}

bool AfterNode::Stop() {
  if (ancestor_ == nullptr) return !stopped_.exchange(true);
  if (!ancestor_->RemoveChild(*this)) return false;
  Unref();
  return true;
}

void AfterNode::ParentCancelled(const absl::Status&, const absl::Status&,
                                const std::source_location&) {
  Spawn(std::move(callback_.body), {}, callback_.location);
}

}  // namespace gordian::internal
