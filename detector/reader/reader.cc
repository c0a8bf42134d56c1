#include "detector/reader/reader.h"

#include "detector/reader/ordering.h"

namespace gordian::detector {

Reader::Reader() : ordering_(std::make_unique<Ordering>()) {}
Reader::~Reader() = default;

void Reader::Feed(trace::StreamId stream, std::span<const std::uint64_t> words) {
  ordering_->Feed(stream, words);
}

void Reader::Gap(trace::StreamId stream) { ordering_->Gap(stream); }

absl::Status Reader::Drain(absl::FunctionRef<void(const trace::Event&)> take) {
  return ordering_->Drain(take);
}

absl::Status Reader::Settle(absl::FunctionRef<void(const trace::Event&)> take) {
  return ordering_->Settle(take);
}

absl::Status Reader::Finish(absl::FunctionRef<void(const trace::Event&)> take) {
  return ordering_->Finish(take);
}

const std::vector<Reader::Missing>& Reader::missing() const { return ordering_->missing(); }

std::uint64_t Reader::events() const { return ordering_->events(); }

std::uint64_t Reader::skipped() const { return ordering_->skipped(); }

}  // namespace gordian::detector
