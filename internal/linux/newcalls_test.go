package linux

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCallsAsNatively: programs that print each call with its result and error.
func TestCallsAsNatively(t *testing.T) {
	for _, source := range []string{"signalfd.c", "memfd.c", "vm.c", "clone3.c", "nested.c", "mqueue.c", "clocks.c", "listen.c", "sysvsem.c", "pidfd.c", "mincore.c", "vforkkilled.c", "sigio.c",
		"largefile.c", "netlink.c", "tcpinfo.c", "numa.c", "archprctl.c", "threadnames.c", "proctree.c", "closedwait.c"} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			nativeAndInside(t, source, "-w")
		})
	}
}

// TestNewTLSAsNatively: a clone whose TLS is refused makes no child.
func TestNewTLSAsNatively(t *testing.T) {
	nativeAndInside(t, "newtls.c", "-w")
}

// TestProcSelf: what debuggers, shells and Python ask of /proc/self.
func TestProcSelf(t *testing.T) {
	for _, flag := range []string{"-m64", "-m32"} {
		dir := workFolder(t)
		args := []string{filepath.Join(dir, "procself"), "file"}
		require.NoError(t, os.Rename(compile(t, "procself.c", "gcc", "-w", flag), args[0]))
		want := nativeHere(t, dir, args)
		got, _ := runCommand(t, dir, args)
		assert.Equal(t, want.stdout, got.stdout, flag)
	}
}

// TestQueueServes: of threads that wait to receive from a message queue the one of the highest priority is served first,
// then the least nice one, then the one that came first, wherever it stands among all threads. A native run at a lower priority could not show it: nobody there is less nice.
func TestQueueServes(t *testing.T) {
	k, q := &Kernel{}, &mqueue{}
	for i, s := range []scheduling{{nice: 5}, {}, {}, {}, {nice: 19, priority: 1}, {nice: -20}} {
		came := []uint64{0, 3, 1, 2, 4, 5}[i]
		k.threads = append(k.threads, &Thread{TID: i, k: k, sched: s, mq: mqWait{queue: q, order: came}})
	}
	urgent := scheduling{priority: 2}
	k.threads = append(k.threads, &Thread{TID: 6, k: k, sched: urgent, mq: mqWait{queue: q, sends: true}}, &Thread{TID: 7, k: k, sched: urgent, mq: mqWait{queue: &mqueue{}}})
	for _, tid := range []int{4, 5, 2, 3, 1, 0} {
		next := k.waiter(q, false)
		require.NotNil(t, next)
		assert.Equal(t, tid, next.TID)
		next.mq.done = true
	}
	assert.Nil(t, k.waiter(q, false))
}
