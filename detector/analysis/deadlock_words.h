// The sentences of a deadlock's report: what each link means, why it cannot end, what to do.
//
// Stateless; reads the model at a cut.
#ifndef GORDIAN_DETECTOR_ANALYSIS_DEADLOCK_WORDS_H_
#define GORDIAN_DETECTOR_ANALYSIS_DEADLOCK_WORDS_H_

#include <string>
#include <vector>

#include "detector/analysis/deadlock_graph.h"
#include "detector/analysis/lock_order.h"
#include "detector/finding/finding.h"
#include "detector/model/model.h"

namespace gordian::detector {

// "holds A", "has still to call Done on wg", "could receive from c".
std::string WhatItHas(const Model& model, const Link& link);

// "waits for A", "waits to send on c".
std::string WhatItWaitsFor(const Model& model, TaskId task);

// The labels of the picture's two arrows: "waits" and "held by".
std::vector<Edge> ArrowsOf(const Model& model, const Link& link);

// The four Coffman conditions, each with its evidence in this cycle.
std::vector<std::string> Conditions(const Model& model, const std::vector<Link>& cycle);

// What to change: the cheapest link first.
std::vector<std::string> HowToBreak(const Model& model, const std::vector<Link>& cycle,
                                    const LockOrder* order);

// Why nobody will serve a task that is in no cycle.
std::string WhyNobody(const Stuck& stuck, TaskId task);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_DEADLOCK_WORDS_H_
