; RUN: -passes=gordian-mark,function(gordian) -gordian-filter=false
; RUN: -passes=gordian-mark,function(gordian) -gordian-filter=false -gordian-loops=false | OFF

declare void @unknown()

; One range for all turns.
; CHECK-LABEL: @sum
; CHECK: call void @gordian_read_range(ptr %{{.*}}, i64 4, i64 4, i64 %n)
; CHECK: loop:
; CHECK-NOT: gordian_
; CHECK: ret i32
; OFF-LABEL: @sum
; OFF-NOT: gordian_read_range
; OFF: gordian_read4
define i32 @sum(ptr %p, i64 %n) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s1, %loop ]
  %at = getelementptr inbounds i32, ptr %p, i64 %i
  %v = load i32, ptr %at
  %s1 = add i32 %s, %v
  %i1 = add nuw nsw i64 %i, 1
  %again = icmp ne i64 %i1, %n
  br i1 %again, label %loop, label %done
done:
  ret i32 %s1
}

; Entered from a branch: there is room for it all the same.
; CHECK-LABEL: @guarded
; CHECK: call void @gordian_write_range(ptr %{{.*}}, i64 8, i64 8, i64 %n)
; CHECK: loop:
; CHECK-NOT: gordian_
; CHECK: ret void
define void @guarded(ptr %p, i64 %n) {
entry:
  %none = icmp eq i64 %n, 0
  br i1 %none, label %done, label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %loop ]
  %at = getelementptr inbounds i64, ptr %p, i64 %i
  store i64 0, ptr %at
  %i1 = add nuw nsw i64 %i, 1
  %again = icmp ne i64 %i1, %n
  br i1 %again, label %loop, label %done
done:
  ret void
}

; Backwards: the lowest address is that of the last turn.
; CHECK-LABEL: @backwards
; CHECK: call void @gordian_write_range(ptr %{{.*}}, i64 4, i64 4, i64 100)
; CHECK: loop:
; CHECK-NOT: gordian_
; CHECK: ret void
define void @backwards(ptr %p) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 99, %entry ], [ %i1, %loop ]
  %at = getelementptr inbounds i32, ptr %p, i64 %i
  store i32 0, ptr %at
  %i1 = add nsw i64 %i, -1
  %again = icmp ne i64 %i1, -1
  br i1 %again, label %loop, label %done
done:
  ret void
}

; Not every turn makes it.
; CHECK-LABEL: @sometimes
; CHECK-NOT: _range
; CHECK: then:
; CHECK: call void @gordian_write4
define void @sometimes(ptr %p, i64 %n, i32 %limit) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %next ]
  %i32 = trunc i64 %i to i32
  %c = icmp slt i32 %i32, %limit
  br i1 %c, label %then, label %next
then:
  %at = getelementptr inbounds i32, ptr %p, i64 %i
  store i32 0, ptr %at
  br label %next
next:
  %i1 = add nuw nsw i64 %i, 1
  %again = icmp ne i64 %i1, %n
  br i1 %again, label %loop, label %done
done:
  ret void
}

; What is called may synchronise, or not return.
; CHECK-LABEL: @calls
; CHECK-NOT: _range
; CHECK: loop:
; CHECK: call void @gordian_write4
define void @calls(ptr %p, i64 %n) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %loop ]
  %at = getelementptr inbounds i32, ptr %p, i64 %i
  store i32 0, ptr %at
  call void @unknown()
  %i1 = add nuw nsw i64 %i, 1
  %again = icmp ne i64 %i1, %n
  br i1 %again, label %loop, label %done
done:
  ret void
}

; Row behind row: one range for the matrix; what stays the same in a loop is told of once.
; CHECK-LABEL: @matrix
; CHECK: call void @gordian_write_range(ptr %{{.*}}, i64 8, i64 8, i64 4096)
; CHECK: call void @gordian_read8(ptr %{{.*}})
; CHECK: rows:
; CHECK-NOT: gordian_
; CHECK: ret void
define void @matrix(ptr %p, ptr %factor) {
entry:
  br label %rows
rows:
  %i = phi i64 [ 0, %entry ], [ %i1, %row_done ]
  %row = getelementptr inbounds [64 x double], ptr %p, i64 %i
  br label %columns
columns:
  %j = phi i64 [ 0, %rows ], [ %j1, %columns ]
  %at = getelementptr inbounds double, ptr %row, i64 %j
  %f = load double, ptr %factor
  store double %f, ptr %at
  %j1 = add nuw nsw i64 %j, 1
  %more = icmp ne i64 %j1, 64
  br i1 %more, label %columns, label %row_done
row_done:
  %i1 = add nuw nsw i64 %i, 1
  %again = icmp ne i64 %i1, 64
  br i1 %again, label %rows, label %done
done:
  ret void
}
