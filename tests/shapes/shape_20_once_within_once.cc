// A page's content is made once, under the site's lock. Making it runs a shortcode, which asks
// for the page's plain text, made once as well, under the same lock.
#include <memory>
#include <mutex>
#include <string>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Page {
  explicit Page(Mode run_mode) : mode(run_mode) {}

  const std::string& Content() {
    content_once.Do([this] {
      std::unique_lock lock(site_mu);
      const std::string source = "{{ summary }}";
      if (mode == Mode::kTwin) lock.unlock();
      content = RunShortcode(source);
    });
    return content;
  }

  std::string RunShortcode(const std::string& source) { return source + PlainText(); }

  const std::string& PlainText() {
    plain_once.Do([this] {
      std::scoped_lock lock(site_mu);
      plain = "text";
    });
    return plain;
  }

  const Mode mode;
  Mutex site_mu{"site.mu"};
  Once content_once{"page.content_once"};
  Once plain_once{"page.plain_once"};
  std::string content;
  std::string plain;
};

void Run(Mode mode) {
  auto page = std::make_shared<Page>(mode);
  WaitGroup renderers("renderers");
  for (const char* name : {"renderer-1", "renderer-2"}) {
    renderers.Go(name, [=] { page->Content(); });
  }
  renderers.Wait();
}

}  // namespace

const Shape kShape20{20, "once_within_once", Strikes::kAlways, Run};

}  // namespace shapes
