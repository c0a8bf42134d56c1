// "Did you mean …": the known word nearest to one that is not known.
#ifndef GORDIAN_INSTRUMENT_RECORDER_NEAREST_H_
#define GORDIAN_INSTRUMENT_RECORDER_NEAREST_H_

#include <span>
#include <string_view>

namespace gordian::recorder {

// The candidate with the least Levenshtein distance to `word`, the first of equals; "" where
// there are no candidates.
std::string_view Nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_NEAREST_H_
