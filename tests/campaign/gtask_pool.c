// GLib at work: GTasks in its thread pool that report to a main loop, a GThreadPool, an
// asynchronous queue, and a condition variable.
#include <gio/gio.h>

#define TASKS 200
#define ITEMS 5000

static GMainLoop* loop;
static int finished, squares;

static void Compute(GTask* task, gpointer source, gpointer data, GCancellable* cancellable) {
  const int number = GPOINTER_TO_INT(data);
  g_task_return_int(task, number * number);
}

static void Finish(GObject* source, GAsyncResult* result, gpointer data) {
  squares += (int)g_task_propagate_int(G_TASK(result), NULL);
  if (++finished == TASKS) g_main_loop_quit(loop);
}

static GMutex mutex;
static GCond all_done;
static int done;

static void Work(gpointer item, gpointer queue) {
  g_async_queue_push(queue, item);
  g_mutex_lock(&mutex);
  if (++done == ITEMS) g_cond_signal(&all_done);
  g_mutex_unlock(&mutex);
}

int main(void) {
  loop = g_main_loop_new(NULL, FALSE);
  for (int i = 0; i < TASKS; ++i) {
    GTask* task = g_task_new(NULL, NULL, Finish, NULL);
    g_task_set_task_data(task, GINT_TO_POINTER(i), NULL);
    g_task_run_in_thread(task, Compute);
    g_object_unref(task);
  }
  g_main_loop_run(loop);
  g_main_loop_unref(loop);

  GAsyncQueue* queue = g_async_queue_new();
  GThreadPool* pool = g_thread_pool_new(Work, queue, 3, TRUE, NULL);
  for (int i = 1; i <= ITEMS; ++i) g_thread_pool_push(pool, GINT_TO_POINTER(i), NULL);
  g_mutex_lock(&mutex);
  while (done < ITEMS) g_cond_wait(&all_done, &mutex);
  g_mutex_unlock(&mutex);
  g_thread_pool_free(pool, FALSE, TRUE);
  long sum = 0;
  for (gpointer item; (item = g_async_queue_try_pop(queue)) != NULL;) sum += GPOINTER_TO_INT(item);
  g_async_queue_unref(queue);
  g_print("%d tasks, squares %d, sum %ld\n", finished, squares, sum);
  return 0;
}
