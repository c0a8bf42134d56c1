; RUN: -passes=gordian-mark,function(gordian)

target triple = "x86_64-pc-linux-gnu"

; An offset in the thread's own memory, never an address: a task may change its thread in a call.

; The entry of a write of 4 bytes: 2 << 47, and the highest bit.
; CHECK-LABEL: @write
; CHECK-NOT: llvm.threadlocal.address
; CHECK: %[[OFFSET:.*]] = call i64 asm "movq gordian_filter@GOTTPOFF(%rip), $0", "=r"()
; CHECK: inttoptr i64 %[[OFFSET]] to ptr addrspace(257)
; CHECK: add i64 {{.*}}, -9223090561878065152
; CHECK: %[[PLACE:.*]] = lshr i64 %{{.*}}, 2
; CHECK: and i64 %[[PLACE]], 1023
; CHECK: %[[MISS:.*]] = icmp ne i64
; CHECK: br i1 %[[MISS]], label {{.*}} !prof
; CHECK: call void @gordian_write4(ptr %p)
define void @write(ptr %p) {
  store i32 1, ptr %p
  ret void
}

; A write that is known stands for a read: the highest bit does not count.
; CHECK-LABEL: @read
; CHECK: %[[DIFFERS:.*]] = xor i64
; CHECK: shl i64 %[[DIFFERS]], 1
; CHECK: call void @gordian_read8(ptr %p)
define i64 @read(ptr %p) {
  %v = load i64, ptr %p
  ret i64 %v
}
