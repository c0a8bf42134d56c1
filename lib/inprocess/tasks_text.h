// What every task does at a moment: for a test that does not end.
//
// One part a task, as in a report: where it was started, what it holds, where it waits or was
// last seen. Tasks alike are told once, with their number.
//
// Limits  a task that runs is where its last event was.
#ifndef GORDIAN_LIB_INPROCESS_TASKS_TEXT_H_
#define GORDIAN_LIB_INPROCESS_TASKS_TEXT_H_

#include <string>

#include "detector/model/model.h"
#include "detector/report/text.h"
#include "detector/symbols/site_table.h"

namespace gordian::inprocess {

// The tasks that have not ended, each line ended. Tasks that were frozen with an earlier test and
// those of the library itself are left out. The sites are resolved.
std::string TasksText(const detector::Model& model, const detector::SiteTable& sites,
                      const detector::TextStyle& style);

}  // namespace gordian::inprocess

#endif  // GORDIAN_LIB_INPROCESS_TASKS_TEXT_H_
