// The labels of tasks (gordian/labels.h): sets that never change, shared by those who inherit them.
#ifndef GORDIAN_LIB_INTERNAL_LABEL_SET_H_
#define GORDIAN_LIB_INTERNAL_LABEL_SET_H_

#include "gordian/labels.h"

namespace gordian::internal {

class Task;

// A new goroutine, which is in the trace, has the labels of the running task. Before it is live.
void InheritLabels(Task& child);

// It has ended.
void DropLabels(Task& task);

// Those of `task`, which goes on meanwhile.
LabelMap LabelsOf(const Task& task);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_LABEL_SET_H_
