// Reader → model → analyses → findings. The one place that lists the analyses.
#ifndef GORDIAN_DETECTOR_PIPELINE_PIPELINE_H_
#define GORDIAN_DETECTOR_PIPELINE_PIPELINE_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "detector/analysis/analysis.h"
#include "detector/finding/finding.h"
#include "detector/model/model.h"
#include "detector/reader/reader.h"
#include "detector/symbols/site_table.h"

namespace gordian::detector {

class Pipeline {
 public:
  explicit Pipeline(const Limits& limits = {});
  ~Pipeline();

  // Whom to ask for the names of the program's variables when it judges; has to outlive it.
  void NameWith(AddressResolver& resolver);
  // Names the objects that have come since the last time, as Judge() does. The first of an object
  // file reads its symbols.
  void NameObjects();

  // The next words of a stream. Events are analysed as far as they can be placed, at the
  // latest when Judge() is called.
  absl::Status Feed(trace::StreamId stream, std::span<const std::uint64_t> words);

  // Words of the stream are missing here: a lost frame.
  void Gap(trace::StreamId stream);

  // One event that is in order already (text formats without streams).
  void Take(const trace::Event& event);

  // Places what can be placed now: what the model says is then all that was fed, as far as it goes.
  absl::Status Settle();

  // Nothing more will come: places all that can be placed. For those who must know how the
  // trace ends before they judge. The error is the first malformed record.
  absl::Status Finish();

  // Judges what has been seen. Findings are de-duplicated ("one bug, one finding") and in
  // order of weight. Pass kProgramEnd or kTruncated once, last. At the other cuts,
  // everything that was committed before the feeding began has to have been fed: read all
  // buffers twice.
  // What cannot be read is passed over (Feed and missing() tell of it); an error only where
  // nothing at all could be read.
  absl::StatusOr<std::vector<Finding>> Judge(CutKind kind, std::uint32_t test = 0);

  // Versions of objects that were never seen, after the last Judge.
  std::span<const Reader::Missing> missing() const;

  // What is deadlocked already while others run on (present_deadlock.h): places what was fed as
  // far as it can be placed. Changes nothing about what Judge() will say, which reports
  // it again with all that came to be blocked behind it. Asks to be called again soon where
  // `pending` becomes true.
  std::vector<Finding> LookForDeadlocks(bool& pending);

  const Model& model() const;

  // Whether nothing can ever run again, as far as what was fed tells.
  bool IsHung() const;

  // The places that the events name; Resolve() them before they are printed.
  SiteTable& sites();

  // What the program wants left out of its report, as it says: "race:Deposit".
  const std::vector<std::string>& suppressions() const;

  // The names of variables that objects were found to lie in, as records of a stream of
  // definitions.
  const std::vector<std::uint64_t>& object_names() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_PIPELINE_PIPELINE_H_
