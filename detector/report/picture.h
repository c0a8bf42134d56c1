// Who waits for what, held by whom, as a drawing of a few lines.
//
// A cycle of up to four nodes that fits is a loop:
//
//     alice→bob ──waits──▶ accounts[1].mu ──held by──▶ bob→alice
//         ▲                                                │
//         └─────held by──── accounts[0].mu ◀────waits──────┘
//
// A longer or wider one has two arrows a line and closes at the side. What is no cycle is
// drawn as chains. Names are cut where they would not fit.
#ifndef GORDIAN_DETECTOR_REPORT_PICTURE_H_
#define GORDIAN_DETECTOR_REPORT_PICTURE_H_

#include <span>
#include <string>
#include <vector>

#include "detector/finding/finding.h"

namespace gordian::detector {

// Lines of at most `width` columns (where no single arrow is longer), without indentation.
std::vector<std::string> DrawPicture(std::span<const Edge> edges, int width, bool unicode);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_REPORT_PICTURE_H_
