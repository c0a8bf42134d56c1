#include "detector/analysis/scc.h"

#include <algorithm>

namespace gordian::detector {
namespace {

class Tarjan {
 public:
  explicit Tarjan(const AdjacencyLists& out)
      : out_(out), index_(out.size(), 0), low_(out.size(), 0) {
    result_.of.assign(out.size(), kNone);
  }

  Components Run() {
    for (std::uint32_t node = 0; node < out_.size(); ++node) {
      if (index_[node] == 0) Visit(node);
    }
    return std::move(result_);
  }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Frame {
    std::uint32_t node;
    std::size_t next = 0;
  };

  void Enter(std::uint32_t node) {
    index_[node] = low_[node] = ++clock_;
    open_.push_back(node);
    frames_.push_back({node});
  }

  void Visit(std::uint32_t root) {
    Enter(root);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      if (frame.next < out_[frame.node].size()) {
        const std::uint32_t to = out_[frame.node][frame.next++];
        if (index_[to] == 0) {
          Enter(to);
        } else if (result_.of[to] == kNone) {
          low_[frame.node] = std::min(low_[frame.node], index_[to]);
        }
        continue;
      }
      Leave(frame.node);
    }
  }

  void Leave(std::uint32_t node) {
    frames_.pop_back();
    if (!frames_.empty()) {
      std::uint32_t& low = low_[frames_.back().node];
      low = std::min(low, low_[node]);
    }
    if (low_[node] != index_[node]) return;
    const auto component = static_cast<std::uint32_t>(result_.members.size());
    std::vector<std::uint32_t>& members = result_.members.emplace_back();
    std::uint32_t member;
    do {
      member = open_.back();
      open_.pop_back();
      result_.of[member] = component;
      members.push_back(member);
    } while (member != node);
  }

  const AdjacencyLists& out_;
  std::vector<std::uint32_t> index_, low_;  // 0: not seen
  std::vector<std::uint32_t> open_;         // seen, component not known yet
  std::vector<Frame> frames_;
  Components result_;
  std::uint32_t clock_ = 0;
};

}  // namespace

Components StronglyConnected(const AdjacencyLists& out) { return Tarjan(out).Run(); }

}  // namespace gordian::detector
