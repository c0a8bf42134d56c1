// The machine inside Reader: streams, what each object and task has come to, and who
// sleeps on what.
//
// Invariant: a stream is ready (in the heap, or running), idle (all its words are read),
// asleep in exactly one queue on what its next record waits for, or broken. A record is
// placed as soon as nothing that must precede it is missing; among streams that are ready, the
// one whose clock is furthest behind goes on, so that the order stays close to what really
// happened. Every placed record wakes at most those whose condition it fulfils: linear.
#ifndef GORDIAN_DETECTOR_READER_ORDERING_H_
#define GORDIAN_DETECTOR_READER_ORDERING_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "detector/reader/reader.h"
#include "detector/reader/remaining.h"
#include "detector/reader/sleepers.h"
#include "detector/reader/streams.h"
#include "detector/reader/wait_rules.h"
#include "instrument/trace/decoder.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

class Ordering {
 public:
  using Take = absl::FunctionRef<void(const trace::Event&)>;

  void Feed(trace::StreamId id, std::span<const std::uint64_t> words);
  void Gap(trace::StreamId id);
  absl::Status Drain(Take take);
  absl::Status Settle(Take take) { return Complete(take, /*last=*/false); }
  absl::Status Finish(Take take) { return Complete(take, /*last=*/true); }

  const std::vector<Reader::Missing>& missing() const { return missing_; }
  std::uint64_t events() const { return events_; }
  std::uint64_t skipped() const { return skipped_; }

 private:
  enum class Step : std::uint8_t {
    kPlace,  // nothing is missing
    kYield,  // the stream sleeps, waits its turn, or is broken: go on with another
  };
  struct ReadyStream {
    std::uint64_t time;
    std::uint64_t order;
    StreamIndex stream;
    bool operator<(const ReadyStream& other) const {
      return time != other.time ? time > other.time : order > other.order;
    }
  };

  // ordering.cc: streams and the main loop.
  Stream& StreamNamed(trace::StreamId id, StreamIndex& index);
  void MakeReady(StreamIndex index);
  void RunStream(StreamIndex index, Take take);
  bool PassUnreadable(Stream& s, trace::RecordError error);
  void PassGap(Stream& s);
  Step Advance(Stream& s, StreamIndex index, std::uint64_t time);
  bool HasRoomFor(trace::Subject subject);
  Step TakeVersion(Stream& s, StreamIndex index, trace::Order order);
  Step TakeNext(Stream& s, StreamIndex index, ObjectOrder& object);
  Step TakeNoEarlier(Stream& s, StreamIndex index, ObjectOrder& object);
  Step Sleep(Stream& s, StreamIndex index, SleepKind kind, std::uint32_t id, std::uint64_t until);
  void Fail(Stream& s, std::string_view what);

  // ordering_tasks.cc: stretches, joins, waits.
  Step Prepare(Stream& s, StreamIndex index);
  Step PrepareRun(Stream& s, StreamIndex index);
  Step PrepareJoin(Stream& s, StreamIndex index);
  Step AwaitVersion(Stream& s, StreamIndex index);
  Step PrepareCompletion(Stream& s, StreamIndex index);
  Step PassGate(Stream& s, StreamIndex index);
  void Apply(Stream& s, StreamIndex index);
  void ApplyRun(Stream& s, StreamIndex index);
  void CloseStretch(Stream& s);
  void CloseIfExhausted(Stream& s);
  void OpenWait(Stream& s);
  void CloseWait(trace::TaskId id);
  void WakeCompletion(const CompletionKey& key);
  TaskOrder& Task(trace::TaskId id) { return tasks_[id]; }

  // completing.cc: cuts and the end.
  absl::Status Complete(Take take, bool last);
  bool AnyAsleep() const;
  void RescanAndWakeAll();
  bool ForceWaits();
  void EndStreams(Take take);
  void GiveUp(Stream& s);
  std::string WhatItAwaits(const Stream& s);

  std::vector<std::unique_ptr<Stream>> streams_;
  absl::flat_hash_map<trace::StreamId, StreamIndex> stream_index_;
  std::vector<ReadyStream> ready_;  // a heap
  std::uint64_t next_order_ = 0;
  bool woken_ = false;  // somebody, since the last record was placed

  std::vector<ObjectOrder> objects_;  // by id
  std::vector<TaskOrder> tasks_;
  std::uint64_t words_fed_ = 0;
  Sleepers sleepers_;
  absl::flat_hash_map<CompletionKey, Sleepers::Queue> completions_;
  std::vector<CompletionKey> keys_;  // scratch

  // Set while a cut or the end is worked on.
  bool settling_ = false;   // all there is has been fed
  bool finishing_ = false;  // and nothing more will come
  bool lenient_ = false;    // versions were passed over: they may still come
  Remaining remaining_;

  trace::Event event_;  // the record in hand
  std::uint64_t events_ = 0;
  std::uint64_t skipped_ = 0;
  std::vector<Reader::Missing> missing_;
  absl::Status status_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_READER_ORDERING_H_
