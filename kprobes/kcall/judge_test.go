package kcall_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/kprobes/events"
	"trapline/kprobes/events/tracefs"
	"trapline/kprobes/kcall"
)

// TestE3JudgeByImage: what the image says is what the running kernel answered
// (kprobes/events/testdata/kprobe, k_refuse and k_boundary).
func TestE3JudgeByImage(t *testing.T) {
	j := kcall.NewJudge(debianKernel(t, "amd64"))
	for line, want := range map[string]events.Errno{
		"p vfs_read":                         0,
		"p vfs_read+5":                       0,
		"p vfs_read+1":                       events.EILSEQ,
		"p vfs_read+6":                       events.EILSEQ,
		"p vfs_read+7":                       0,
		"r vfs_read":                         0,
		"r vfs_read+5":                       events.EINVAL,
		"p no_such_symbol":                   events.ENOENT,
		"p no_such_symbol+8":                 events.ENOENT,
		"p do_int3":                          events.EINVAL,
		"p exc_int3":                         events.EINVAL,
		"p copy_user_generic_unrolled":       events.EINVAL,
		"p jiffies":                          events.EINVAL,
		"p nomod:func":                       0, // waits for its module
		"p vfs_read @no_such_symbol":         events.ENOENT,
		"p 0xffffffff813669e0":               0,
		"p t_next":                           events.EADDRNOTAVAIL,
		"p vfs_write arg=$arg1 +0($arg2):u8": 0,
	} {
		r := tracefs.New(tracefs.Config{Kprobes: j, CPUs: 2})
		err := r.Write(tracefs.KprobeEvents, []byte(line+"\n"))
		var errno events.Errno
		errors.As(err, &errno)
		assert.Equal(t, want, errno, "%s: %v", line, r.ErrorLog())
	}
}

// TestE3BlacklistOfTheImage: every function that the running kernel listed in
// kprobes/blacklist is refused.
func TestE3BlacklistOfTheImage(t *testing.T) {
	j := kcall.NewJudge(debianKernel(t, "amd64"))
	names, err := os.ReadFile("../events/testdata/kprobe/blacklist.names")
	require.NoError(t, err)
	n := 0
	for name := range strings.FieldsSeq(string(names)) {
		if j.Count(name) != 1 {
			continue
		}
		r := tracefs.New(tracefs.Config{Kprobes: j, CPUs: 2})
		assert.ErrorIs(t, r.Write(tracefs.KprobeEvents, []byte("p:g/e "+name+"\n")), events.EINVAL, name)
		n++
	}
	assert.Greater(t, n, 300)
}
