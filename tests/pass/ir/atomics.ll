; RUN: -passes=gordian-mark,function(gordian)

; CHECK-LABEL: @load
; CHECK: call i32 @__tsan_atomic32_load(ptr %p, i32 2)
; CHECK-NOT: load atomic
define i32 @load(ptr %p) {
  %v = load atomic i32, ptr %p acquire, align 4
  ret i32 %v
}

; CHECK-LABEL: @store_pointer
; CHECK: %[[V:.*]] = ptrtoint ptr %v to i64
; CHECK: call void @__tsan_atomic64_store(ptr %p, i64 %[[V]], i32 3)
define void @store_pointer(ptr %p, ptr %v) {
  store atomic ptr %v, ptr %p release, align 8
  ret void
}

; CHECK-LABEL: @change
; CHECK: call i64 @__tsan_atomic64_fetch_add(ptr %p, i64 1, i32 0)
; CHECK: call i8 @__tsan_atomic8_exchange(ptr %p, i8 2, i32 5)
define void @change(ptr %p) {
  %a = atomicrmw add ptr %p, i64 1 monotonic
  %b = atomicrmw xchg ptr %p, i8 2 seq_cst
  ret void
}

; CHECK-LABEL: @exchange
; CHECK: %[[BEFORE:.*]] = notail call i128 @__tsan_atomic128_compare_exchange_val(ptr %p, i128 %e, i128 %d, i32 4, i32 2)
; CHECK: icmp eq i128 %[[BEFORE]], %e
define i1 @exchange(ptr %p, i128 %e, i128 %d) {
  %r = cmpxchg ptr %p, i128 %e, i128 %d acq_rel acquire
  %done = extractvalue { i128, i1 } %r, 1
  ret i1 %done
}

; CHECK-LABEL: @fences
; CHECK: call void @__tsan_atomic_thread_fence(i32 3)
; CHECK: call void @__tsan_atomic_signal_fence(i32 5)
define void @fences() {
  fence release
  fence syncscope("singlethread") seq_cst
  ret void
}

; Volatile accesses are no atomic ones.
; CHECK-LABEL: @volatile
; CHECK: call void @gordian_read4
define i32 @volatile(ptr %p) {
  %v = load volatile i32, ptr %p
  ret i32 %v
}
