// The tree behind contexts.
//
// Every node holds its parent. A node that can be cancelled is also in the children list of the
// nearest such ancestor, which then holds it: a goroutine may wait on a Done channel
// whose contexts are all gone, and the ancestor's cancel must still reach it.
//
// Two counts. `users` are handles, cancel functions and child nodes; when they are gone nobody
// can cancel the node itself, and the trace shows its end. `refs` are the users together,
// the ancestor's list, an armed deadline, and children that only wait to be cancelled.
//
// Locking  a list and the state of a node are under that node's lock; two locks are never held
//          at once.
#ifndef GORDIAN_LIB_INTERNAL_CONTEXT_NODE_H_
#define GORDIAN_LIB_INTERNAL_CONTEXT_NODE_H_

#include <any>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gordian/chan.h"
#include "gordian/go.h"
#include "gordian/internal/origin.h"
#include "gordian/internal/timers.h"

namespace gordian::internal {

class CancelNode;
class ContextNode;

// What Err() says.
const absl::Status& CancelledError();
const absl::Status& DeadlineError();

// A user's hold on a node.
class NodeRef {
 public:
  NodeRef() = default;
  static NodeRef Own(ContextNode* node) { return NodeRef(node); }
  NodeRef(const NodeRef& other);
  NodeRef(NodeRef&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  NodeRef& operator=(NodeRef other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~NodeRef();

  ContextNode* get() const { return node_; }
  ContextNode* operator->() const { return node_; }
  ContextNode* Release() { return std::exchange(node_, nullptr); }

 private:
  explicit NodeRef(ContextNode* owned) : node_(owned) {}
  ContextNode* node_ = nullptr;
};

class ContextNode {
 public:
  explicit ContextNode(const NodeRef& parent);
  ContextNode(const ContextNode&) = delete;
  ContextNode& operator=(const ContextNode&) = delete;

  void AddUser() { users_.fetch_add(1, std::memory_order_relaxed); }
  // Lets go of `node`, and of its ancestors as far as it was their last user.
  static void DropUser(ContextNode* node);
  void Ref() { refs_.fetch_add(1, std::memory_order_relaxed); }
  void Unref() {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  const ContextNode* parent() const { return parent_.get(); }
  // Itself or its nearest ancestor that can be cancelled, or nullptr.
  CancelNode* canceller() const { return canceller_; }
  const std::optional<absl::Time>& deadline() const { return deadline_; }

  // The value, where this very node answers to the key.
  virtual const std::any* Find(const std::type_info&, const void*) const { return nullptr; }

 protected:
  virtual ~ContextNode() = default;
  virtual void LastUserGone() {}
  bool HasUsers() const { return users_.load(std::memory_order_acquire) != 0; }

  CancelNode* canceller_ = nullptr;
  std::optional<absl::Time> deadline_;

 private:
  NodeRef parent_;
  std::atomic<std::uint32_t> users_{1};
  std::atomic<std::uint32_t> refs_{1};
};

// How a key is kept: text as a std::string, all else as it is.
template <typename K>
using ContextKey = std::conditional_t<std::convertible_to<const K&, std::string_view>, std::string,
                                      std::decay_t<const K&>>;

template <std::equality_comparable Key>
class ValueNode final : public ContextNode {
 public:
  ValueNode(const NodeRef& parent, Key key, std::any value)
      : ContextNode(parent), key_(std::move(key)), value_(std::move(value)) {}

  const std::any* Find(const std::type_info& type, const void* key) const override {
    return type == typeid(Key) && *static_cast<const Key*>(key) == key_ ? &value_ : nullptr;
  }

 private:
  const Key key_;
  const std::any value_;
};

// Keeps the values above it, and nothing else.
class DetachedNode final : public ContextNode {
 public:
  explicit DetachedNode(const NodeRef& parent) : ContextNode(parent) {
    canceller_ = nullptr;
    deadline_.reset();
  }
};

// What a cancelled node tells: a context that derives from it, or an AfterFunc.
class CancelChild {
 public:
  virtual void ParentCancelled(const absl::Status& err, const absl::Status& cause,
                               const std::source_location& where) = 0;
  // The parent can never be cancelled any more.
  virtual void Orphaned() = 0;
  virtual void RefChild() = 0;
  virtual void UnrefChild() = 0;

 protected:
  ~CancelChild() = default;

 private:
  friend class ChildList;
  CancelChild* next_ = nullptr;
  CancelChild* prev_ = nullptr;
  bool linked_ = false;
};

// An intrusive list; under its node's lock.
class ChildList {
 public:
  bool empty() const { return first_ == nullptr; }
  void Add(CancelChild& child);
  bool Remove(CancelChild& child);  // false where it is not linked
  CancelChild* Pop();

 private:
  CancelChild* first_ = nullptr;
};

class CancelNode : public ContextNode, private CancelChild {
 public:
  CancelNode(const NodeRef& parent, std::string_view name, const std::source_location& made_at);

  // Puts it under its nearest ancestor that can be cancelled; cancels it where that one is.
  void Attach();

  void Cancel(const absl::Status& err, const absl::Status& cause,
              const std::source_location& where);

  RecvChan<Unit> Done();
  absl::Status Err(const std::source_location& where);
  absl::Status Cause(const std::source_location& where);

  void SetName(std::string_view name) { origin_.SetName(name); }

  // False where it is cancelled already.
  bool AddChild(CancelChild& child);
  bool RemoveChild(CancelChild& child);
  // Tells a child that came too late.
  void Tell(CancelChild& child, const std::source_location& where) {
    child.ParentCancelled(err_, cause_, where);
  }

 protected:
  ~CancelNode() override;
  void LastUserGone() override;
  // Takes back an armed deadline; under no lock.
  virtual void StopDeadline(const std::source_location&) {}
  virtual bool IsArmed() const { return false; }
  const std::source_location& made_at() const { return made_at_; }

 private:
  void ParentCancelled(const absl::Status& err, const absl::Status& cause,
                       const std::source_location& where) override {
    Cancel(err, cause, where);
  }
  void Orphaned() override;
  void RefChild() override { Ref(); }
  void UnrefChild() override { Unref(); }

  bool IsCancelled() const { return cancelled_.load(std::memory_order_acquire); }
  void LeaveAncestor();
  void OrphanChildren();
  void RecordSeen(const std::source_location& where);

  SpinLock lock_;
  std::atomic<bool> cancelled_{false};  // set under the lock, after the statuses
  bool ended_ = false;                  // in the trace
  absl::Status err_;                    // these two never change once it is cancelled
  absl::Status cause_;
  Chan<Unit> done_;  // made when first asked for
  ChildList children_;
  CancelNode* ancestor_ = nullptr;  // holds it in its list; this holds a ref
  const std::source_location made_at_;
  Origin origin_;
};

class DeadlineNode final : public CancelNode, private TimerEntry {
 public:
  DeadlineNode(const NodeRef& parent, absl::Time deadline, std::string_view name,
               const std::source_location& made_at);
  void Arm();

 private:
  ~DeadlineNode() override { timer_.End(); }
  void StopDeadline(const std::source_location& where) override;
  bool IsArmed() const override { return armed_.load(std::memory_order_acquire); }
  static void Fire(TimerEntry& entry);

  SpinLock timer_lock_;
  std::atomic<bool> armed_{false};  // and not yet fired
  Origin timer_;
};

// A callback that waits for a cancel.
class AfterNode final : private CancelChild {
 public:
  AfterNode(CancelNode* ancestor, Spawned callback);
  void Attach();
  bool Stop();
  void Ref() { refs_.fetch_add(1, std::memory_order_relaxed); }
  void Unref() {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  ~AfterNode();
  void ParentCancelled(const absl::Status& err, const absl::Status& cause,
                       const std::source_location& where) override;
  void Orphaned() override {}
  void RefChild() override { Ref(); }
  void UnrefChild() override { Unref(); }

  CancelNode* const ancestor_;  // nullptr: never cancelled; else this holds a ref
  Spawned callback_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::uint32_t> refs_{1};
};

class AfterRef {
 public:
  AfterRef() = default;
  explicit AfterRef(AfterNode* owned) : node_(owned) {}
  AfterRef(const AfterRef& other) : node_(other.node_) {
    if (node_ != nullptr) node_->Ref();
  }
  AfterRef(AfterRef&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  AfterRef& operator=(AfterRef other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~AfterRef() {
    if (node_ != nullptr) node_->Unref();
  }
  AfterNode* get() const { return node_; }

 private:
  AfterNode* node_ = nullptr;
};

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_CONTEXT_NODE_H_
