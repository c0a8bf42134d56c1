#include "gordian/internal/cancel_watch.h"

namespace gordian::internal {

// What the context's list holds: it may outlive the wait by the end of a cancel under way, which
// then finds the wait claimed and leaves the waiter alone.
class CancelWatch::Link final : private CancelChild {
 public:
  explicit Link(CancelNode& ancestor) : ancestor_(ancestor) { ancestor_.Ref(); }

  void Attach(Waiter& waiter) {
    waiter_ = &waiter;
    if (!ancestor_.AddChild(*this)) End();
  }
  void Detach() {
    if (ancestor_.RemoveChild(*this)) UnrefChild();
    UnrefChild();
  }

  std::atomic<std::uint32_t> claimed{0};
  bool cancelled = false;  // written by who claimed, before it wakes

 private:
  ~Link() { ancestor_.Unref(); }

  void End() {
    std::uint32_t open = 0;
    if (!claimed.compare_exchange_strong(open, 1, std::memory_order_acq_rel)) return;
    cancelled = true;
    Wake(*waiter_);
  }
  void ParentCancelled(const absl::Status&, const absl::Status&,
                       const std::source_location&) override {
    End();
  }
  void Orphaned() override {}
  void RefChild() override { refs_.fetch_add(1, std::memory_order_relaxed); }
  void UnrefChild() override {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  CancelNode& ancestor_;  // this holds a ref
  Waiter* waiter_ = nullptr;
  std::atomic<std::uint32_t> refs_{1};
};

CancelWatch::CancelWatch(const NodeRef& node) {
  if (node.get() == nullptr) return;
  if (CancelNode* canceller = node->canceller()) link_ = new Link(*canceller);
}

CancelWatch::~CancelWatch() {
  if (link_ != nullptr) link_->Detach();
}

std::atomic<std::uint32_t>* CancelWatch::claimed() {
  return link_ != nullptr ? &link_->claimed : &claim_;
}

void CancelWatch::Begin(Waiter& waiter) {
  if (link_ != nullptr) link_->Attach(waiter);
}

bool CancelWatch::cancelled() const { return link_ != nullptr && link_->cancelled; }

}  // namespace gordian::internal
