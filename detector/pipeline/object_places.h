// What lies in a variable of the program is called by the variable: `accounts_mutex`, or
// `bank+40` for what is a part of one.
//
// The recorder tells where an object lies (`object-at`), a resolver which variable that is. Names
// that somebody gave stay. Found names are records as well (`object-name`), so that another machine
// says the same.
//
// Cost: one look into the symbols for each address that lies in an object file.
#ifndef GORDIAN_DETECTOR_PIPELINE_OBJECT_PLACES_H_
#define GORDIAN_DETECTOR_PIPELINE_OBJECT_PLACES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "detector/analysis/race.h"
#include "detector/model/model.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

class ObjectPlaces {
 public:
  void Take(const trace::Event& event);

  // Names the objects whose places have come since the last call.
  void Name(Model& model, DataNames& names);

  // The names that were found so far, as records.
  const std::vector<std::uint64_t>& records() const { return records_; }

 private:
  const std::string& NameAt(std::uint64_t address, DataNames& names);

  std::vector<std::pair<trace::ObjectId, std::uint64_t>> fresh_;
  absl::flat_hash_map<std::uint64_t, std::string> known_;  // by address; empty: in no variable
  std::vector<std::uint64_t> records_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_PIPELINE_OBJECT_PLACES_H_
