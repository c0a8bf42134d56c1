// Strongly connected components of a graph given as adjacency lists.
//
// After R. Tarjan, "Depth-First Search and Linear Graph Algorithms" (1972), without
// recursion: graphs come from traces and may be deep. Linear in nodes and edges.
#ifndef GORDIAN_DETECTOR_ANALYSIS_SCC_H_
#define GORDIAN_DETECTOR_ANALYSIS_SCC_H_

#include <cstdint>
#include <vector>

namespace gordian::detector {

using AdjacencyLists = std::vector<std::vector<std::uint32_t>>;

struct Components {
  std::vector<std::uint32_t> of;                    // by node: its component
  std::vector<std::vector<std::uint32_t>> members;  // by component
};

Components StronglyConnected(const AdjacencyLists& out);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_SCC_H_
