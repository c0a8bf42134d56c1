#include "tests/shapes/expectations.h"

namespace shapes {
namespace {

constexpr std::string_view kCycle = "deadlock.cycle=confirmed";
constexpr std::string_view kSelf = "deadlock.self=confirmed";
constexpr std::string_view kGlobal = "deadlock.global=confirmed";
// Where nothing but one task's own lock stops everything, that may be its name.
constexpr std::string_view kGlobalOrSelf = "deadlock.global=confirmed|deadlock.self=confirmed";
constexpr std::string_view kLeak = "leak.goroutine=confirmed";
constexpr std::string_view kRace = "race.data=confirmed";
constexpr std::string_view kLockOrder = "deadlock.lock-order=predicted";
constexpr std::string_view kRecursiveRead = "deadlock.self=predicted|deadlock.self=suspected";
constexpr std::string_view kMixedCycle = "deadlock.cycle=predicted";
constexpr std::string_view kNothing = "";
constexpr std::string_view kAlways = "always";

constexpr Expectation kExpectations[] = {
    {1, "coalesced_heartbeats", kCycle, "sender,ticker,coalesced.mu,replica.raft_mu", kLockOrder},
    {2, "stopper_quiesce", kGlobal, "main,stopper,worker,stopper.tasks", kNothing},
    {3, "drain_after_cancel", kLeak, "drainer,parts[0]", kNothing},
    {4, "cond_on_read_lock", kGlobalOrSelf, "main,gossip,executor.config_mu", kRecursiveRead},
    {5, "full_buffer_after_cancel", kLeak, "producer,rows", kAlways},
    {6, "quiescer_never_closed", kGlobal, "main,stopper.quiescer", kAlways},
    {7, "break_without_unlock", kSelf, "gossip,gossip.mu", kAlways},
    // The writer is a part of it, so that a cycle is another name for the same finding.
    {8, "string_under_read_lock", "deadlock.self=confirmed|deadlock.cycle=confirmed",
     "lookup-1,lookup-2,catalog.mu", kRecursiveRead},
    {9, "exit_under_log_lock", kSelf, "server,logger.mu", kAlways},
    // The reader that ended is the cause of it all, and ends with the lock in every schedule.
    {10, "closed_between_locks", kGlobal, "main,closer,stream.mu", "misuse.held-at-exit=confirmed",
     "misuse.held-at-exit"},
    {11, "status_after_stop", kLeak, "status,node.status", kNothing},
    {12, "stop_holds_lock", kCycle, "worker,stopper,watcher.mu,watcher.done", kMixedCycle},
    {13, "balancer_notify", kCycle, "watcher,dialer,balancer.mu,balancer.notify", kNothing},
    {14, "leader_behind_followers", kCycle, "leader,election.mu,election.next", kAlways},
    {15, "close_stream_without_eof", kLeak, "reader,stream.data", kAlways},
    {16, "watcher_never_closes", kLeak, "dialer,dialer.watcher_done", kAlways},
    {17, "keepalive_awaken", kCycle, "keepalive,stream,transport.mu,transport.awaken", kNothing},
    {18, "benchmark_result", kLeak, "request,result", kAlways},
    // It still runs, and a timer serves each of its waits; the context is what is lost.
    {19, "reconnect_forever", "leak.context=confirmed leak.goroutine=suspected", "reconnect",
     kAlways},
    {20, "once_within_once", kGlobalOrSelf, "main,renderer-1,renderer-2,site.mu", kAlways},
    {21, "restart_exit_status", kLeak, "restart,exit_status", kAlways},
    // The processor is stuck behind the strategy.
    {22, "timer_drained_twice", kLeak, "strategy,processor,strategy.reset", kNothing,
     "leak.goroutine"},
    {23, "unlocked_by_callback", kCycle, "reflector,event source,cacher.mu,watch_cache.mu",
     kLockOrder},
    {24, "distribute_under_lock", "deadlock.cycle=confirmed race.data=confirmed",
     "watcher,distributor,mux.mu,watcher.events,mux.watchers", kRace},
    {25, "error_without_reader", kLeak, "watch,errors", kAlways},
    {26, "pop_waits_for_stop", kGlobal, "main,helper,pop,queue.mu,queue.stop", kNothing},
    {27, "handler_under_queue_lock", kCycle, "processor,syncer,stopper,queue.mu,informer.mu",
     kLockOrder},
    {28, "result_after_timeout", kLeak, "request,result", kAlways},
    // A condition variable stands in the cycle, which only the stuck producer would signal.
    {29, "cond_wait_under_read_lock", "deadlock.cycle=confirmed|leak.goroutine=confirmed",
     "consumer,producer,syncer,queue.sync_mu", kNothing, "leak.goroutine"},
    {30, "reset_under_write_lock", kCycle, "writer,monitor,connection.write_mu,connection.resets",
     kNothing},
    {31, "return_without_unlock", "misuse.held-at-exit=confirmed|leak.goroutine=confirmed",
     "cleanup,deactivate,devices.mu", kAlways, "misuse.held-at-exit leak.goroutine"},
    {32, "wait_inside_loop", kLeak, "pull,downloads", kAlways},
    // The watcher offers what only the follower takes; the follower waits for its broadcast.
    {33, "follow_closed_log", "deadlock.cycle=confirmed|leak.goroutine=confirmed",
     "watcher,follower,log.removal,log.writes", kNothing, "leak.goroutine"},
    {34, "never_activated", kGlobal, "main,user,plugin.activation", kAlways},
    {35, "failed_activation", kGlobal, "main,user,plugin.activation", kAlways},
    {36, "send_before_return", kLeak, "collector,errors", kAlways},
    {37, "method_locks_again", kSelf, "hypervisor,vm.mu", kAlways},
    {38, "discarded_channel", kLeak, "promise,result", kAlways},
    {39, "relock_inside_section", kCycle, "deleter-1,deleter-2,devices.mu,device.mu", kLockOrder},
    {40, "continue_without_unlock", kSelf, "proxy,proxy.mu", kAlways},
    {41, "close_from_handler", kGlobal, "main,dispatcher,connection.dispatcher_ended", kAlways},
    {42, "loop_variable_captured", kRace, "main,pull,image", kAlways},
    // The stop signal itself orders what comes after it.
    {43, "channels_made_by_runner", kRace, "main,server,server.quit", kAlways},
    {44, "buffer_cleared_in_use", kRace, "commit,range,buffer.keys", kAlways},
    {45, "write_after_status", "misuse.send-closed=confirmed", "handler,transport.writes", kAlways},
    {46, "restored_global", kRace, "main,transport,min_connect_timeout", kRace},
    // Locked on both sides, and so no race: what there is to see is the program's own panic.
    {47, "balancer_gone", "panic", "", kAlways},
    {48, "used_while_built", kRace, "main,poll,wrapper.resolver", kAlways},
    {49, "atomic_and_plain", kRace, "caller,scraper,metrics.calls_started", kAlways},
    // Each pair of places that race is a finding.
    {50, "stop_channel_set_to_nil",
     "race.data=confirmed leak.goroutine=confirmed|misuse.nil-block=confirmed",
     "main,worker,proxier.stop", kAlways, "race.data"},
    {51, "done_without_add", "misuse.waitgroup-negative=confirmed", "controller,deletions",
     kNothing},
    {52, "handler_sets_bool", kRace, "main,handler,called", kAlways},
    {53, "rows_indexed_by_config", kRace, "worker-1,worker-2,rows[0]", kRace},
    {54, "map_read_without_lock", kRace, "main,flusher,queue.backoff", kAlways},
    {55, "callback_set_twice", kRace, "allow test,deny test,authenticator.callback", kAlways},
    {56, "plain_call_counter", kRace, "worker-1,worker-2,plugin.calls", kRace},
    {57, "timestamp_without_lock", kRace, "main,flusher,pod.timestamp", kRace},
    {58, "lazy_provider", kRace, "user,registry.provider", kAlways, "race.data"},
    {59, "length_without_lock", kRace, "main,flusher,queue.heap", kAlways},
    {60, "output_after_timeout", "race.data=confirmed race.data=confirmed leak.goroutine=confirmed",
     "main,wait,command.output,command.exit_code,command.result", kNothing},
    {61, "log_after_test", kRace, "main,balancer,test.over",
     "race.data=confirmed race.data=confirmed"},
    {62, "error_after_subtest", kRace, "main,server,subtest.over",
     "race.data=confirmed race.data=confirmed"},
    {63, "pending_added_plainly", kRace, "main,prober.pending", kRace},
};

}  // namespace

std::span<const Expectation> Expectations() { return kExpectations; }

}  // namespace shapes
