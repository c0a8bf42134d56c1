// gordian dump TRACE: its records as text.
//
// By default each stream's records as they stand, lossless: `analyze --from=text` reads
// them back. With --ordered the events of all streams in one legal order, with the names of
// tasks, objects and places.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "detector/model/model.h"
#include "detector/report/display.h"
#include "detector/report/wording.h"
#include "detector/symbols/site_table.h"
#include "detector/symbols/symbolizer.h"
#include "instrument/trace/decoder.h"
#include "instrument/trace/text_printer.h"
#include "tools/command.h"
#include "tools/report_options.h"
#include "tools/trace_input.h"

namespace gordian::tools {
namespace {

constexpr std::size_t kBufferBytes = 1u << 16;

// Text on its way to a descriptor. After the first error nothing more is written.
class Output {
 public:
  explicit Output(int descriptor) : descriptor_(descriptor) {}

  std::string& text() { return text_; }
  void FlushIfLarge() {
    if (text_.size() >= kBufferBytes) Flush();
  }
  const absl::Status& Flush() {
    if (status_.ok()) status_ = WriteAll(descriptor_, text_);
    text_.clear();
    return status_;
  }

 private:
  const int descriptor_;
  std::string text_;
  absl::Status status_;
};

// Records as they stand.
class RecordSink final : public detector::TraceSink {
 public:
  explicit RecordSink(Output& output) : output_(output) {}

  void Feed(trace::StreamId stream, std::span<const std::uint64_t> words) override {
    if (std::exchange(stream_, stream) != stream) trace::AppendStreamLine(stream, output_.text());
    const std::uint64_t* at = words.data();
    const std::uint64_t* const end = at + words.size();
    while (at != end) {
      trace::Event event;
      const trace::Decoded record = trace::Decode(at, end, event);
      if (record.error == trace::RecordError::kEndOfStream) return;
      if (record.error != trace::RecordError::kNone) {
        absl::StrAppend(&output_.text(), "# stream ", stream, ", word ", at - words.data(),
                        " of this part: ", std::string(trace::Describe(record.error)), "\n");
        malformed_ = true;
        return;
      }
      trace::AppendRecordLine(event, record.wide, output_.text());
      output_.FlushIfLarge();
      at += record.words;
    }
  }
  void Gap(trace::StreamId stream) override {
    absl::StrAppend(&output_.text(), "# stream ", stream, ": frames are missing here\n");
  }
  void Take(const trace::Event& event) override {
    if (std::exchange(stream_, event.stream) != event.stream) {
      trace::AppendStreamLine(event.stream, output_.text());
    }
    trace::AppendRecordLine(event, true, output_.text());
    output_.FlushIfLarge();
  }

  bool malformed() const { return malformed_; }

 private:
  Output& output_;
  bool malformed_ = false;
  std::optional<trace::StreamId> stream_;
};

// Events in order, with names.
class EventPrinter {
 public:
  explicit EventPrinter(Output& output) : output_(output) {}

  void Print(const trace::Event& event) {
    model_.Apply(event);
    sites_.Take(event);
    std::string line;
    trace::AppendRecordLine(event, event.version != 0, line);
    line.pop_back();
    absl::StrAppendFormat(&output_.text(), "%8d  %s  %s", event.seq,
                          detector::Padded(Task(event.task), kTaskColumns),
                          detector::Padded(line, kRecordColumns));
    if (trace::Spec(event.type).subject == trace::Subject::kObject && event.subject != 0) {
      absl::StrAppend(&output_.text(), "  ", detector::Printable(model_.ObjectName(event.subject)));
    }
    if (const detector::Frame* frame = Place(event.site)) {
      absl::StrAppend(&output_.text(), "  ", detector::SayFunction(*frame), " ",
                      detector::FileNames().Place(*frame));
    }
    output_.text() += '\n';
    output_.FlushIfLarge();
  }

 private:
  static constexpr int kTaskColumns = 16;
  static constexpr int kRecordColumns = 36;

  std::string Task(trace::TaskId task) const {
    if (task == 0) return "";
    return detector::Shortened(detector::Printable(model_.TaskName(task)), kTaskColumns);
  }

  const detector::Frame* Place(trace::SiteId site) {
    if (site == 0) return nullptr;
    if (sites_.Shown(site) == nullptr) sites_.Resolve(symbolizer_);
    return sites_.Shown(site);
  }

  Output& output_;
  detector::Model model_;
  detector::SiteTable sites_;
  detector::Symbolizer symbolizer_;
};

class Dump final : public Command {
 public:
  void Declare(CLI::App& app) override {
    app.add_option("TRACE", path_, "the trace")->required();
    input_.Declare(app);
    app.add_flag("--ordered", ordered_, "all events in one legal order, with names");
    app.add_option("-o,--output", output_, "write into this file")->type_name("FILE");
  }

  int Run() override {
    int descriptor = STDOUT_FILENO;
    if (!output_.empty()) {
      descriptor = open(output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
      if (descriptor < 0) return Complain(absl::StrCat(output_, ": ", std::strerror(errno)));
    }
    Output output(descriptor);
    const absl::StatusOr<std::vector<std::string>> gaps =
        ordered_ ? PrintOrdered(output) : PrintRecords(output);
    const absl::Status written = output.Flush();
    if (!output_.empty()) close(descriptor);
    if (!written.ok()) return Complain(absl::StrCat("dump: ", std::string(written.message())));
    if (!gaps.ok()) return Complain(std::string(gaps.status().message()));
    for (const std::string& gap : *gaps) Complain(absl::StrCat(path_, ": ", gap));
    return gaps->empty() ? 0 : kExitInconclusive;
  }

 private:
  using Gaps = std::vector<std::string>;

  absl::StatusOr<Gaps> PrintRecords(Output& output) {
    absl::StatusOr<TraceInput::Opened> opened = input_.Open(path_);
    if (!opened.ok()) return opened.status();
    RecordSink sink(output);
    detector::TraceSource& source = *opened->source;
    while (source.Next(sink)) {
    }
    if (!source.status().ok()) return InFile(path_, source.status());
    Gaps gaps = source.problems();
    if (sink.malformed()) gaps.emplace_back("it has malformed records");
    return Summarised(std::move(gaps));
  }

  absl::StatusOr<Gaps> PrintOrdered(Output& output) {
    absl::StatusOr<TraceInput::Opened> opened = input_.Open(path_);
    if (!opened.ok()) return opened.status();
    EventPrinter printer(output);
    return ReadEvents(path_, *opened->source,
                      [&](const trace::Event& event) { printer.Print(event); });
  }

  std::string path_;
  std::string output_;
  TraceInput input_;
  bool ordered_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeDump() { return std::make_unique<Dump>(); }

}  // namespace gordian::tools
