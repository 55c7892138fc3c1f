package kcall_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/kprobes/kcall"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// TestE3JudgeByImage: what the image says is what the running kernel answered
// (internal/events/testdata/kprobe, k_refuse and k_boundary).
func TestE3JudgeByImage(t *testing.T) {
	j := kcall.NewJudge(debianKernel(t, "amd64"))
	vfsRead, known := j.Address("vfs_read") // another in each version of the package
	require.True(t, known)
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
		fmt.Sprintf("p %#x", vfsRead):        0,
		fmt.Sprintf("p %#x", vfsRead+1):      events.EILSEQ,
		"p t_next":                           events.EADDRNOTAVAIL,
		"p vfs_write arg=$arg1 +0($arg2):u8": 0,
	} {
		r := tracefs.New(tracefs.Config{Arch: x86.AMD64, Kprobes: j, CPUs: 2})
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
	names, err := os.ReadFile("../../events/testdata/kprobe/blacklist.names")
	require.NoError(t, err)
	n := 0
	for name := range strings.FieldsSeq(string(names)) {
		if j.Count(name) != 1 {
			continue
		}
		r := tracefs.New(tracefs.Config{Arch: x86.AMD64, Kprobes: j, CPUs: 2})
		assert.ErrorIs(t, r.Write(tracefs.KprobeEvents, []byte("p:g/e "+name+"\n")), events.EINVAL, name)
		n++
	}
	assert.Greater(t, n, 300)
}

// TestE3CallJudgesAsEvents: an event on a function that is called is refused
// where `events --kernel` refuses it, with the same errno and error_log.
func TestE3CallJudgesAsEvents(t *testing.T) {
	image := debianKernel(t, "amd64")
	j := kcall.NewJudge(image)
	define := func(config tracefs.Kprobes, line string) (events.Errno, string) {
		r := tracefs.New(tracefs.Config{Arch: x86.AMD64, Kprobes: config, CPUs: 1})
		return refused(r.Write(tracefs.KprobeEvents, []byte(line+"\n")))
	}
	lines := []string{
		"p exc_int3", "p memcpy", "r strlen $retval", "p kprobe_int3_handler", "p int_sqrt", "r int_sqrt $retval",
		"p int_sqrt+1", "p vfs_read+1", "p vfs_read+5", "p vfs_read+6", "r vfs_read+5", "p no_such_symbol", "p jiffies", "p t_next",
	}
	for i := 0; i < len(image.Symbols); i += len(image.Symbols) / 300 {
		s := image.Symbols[i]
		lines = append(lines, "p "+s.Name, fmt.Sprintf("p %s+%d", s.Name, i%16))
	}
	c, err := kcall.New(image, "modern", emu.DefaultProcessor)
	require.NoError(t, err)
	defer c.Close()
	n := 0
	for _, line := range lines {
		want, log := define(j, line)
		got, gotLog := refused(c.Events.Registry().Write(tracefs.KprobeEvents, []byte(line+"\n")))
		assert.Equal(t, want, got, line)
		assert.Equal(t, log, gotLog, line)
		if want == 0 {
			require.NoError(t, c.Events.Registry().Truncate(tracefs.KprobeEvents))
			n++
		}
	}
	assert.Greater(t, n, 50, "some are taken")
	assert.Greater(t, len(lines)-n, 50, "some are not")
	for _, name := range []string{"exc_int3", "memcpy", "strlen", "kprobe_int3_handler"} {
		assert.ErrorIs(t, c.Events.Define("p "+name), events.EINVAL, name)
	}
}

// refused is what a write came to: the errno, and what error_log says.
func refused(err error) (events.Errno, string) {
	var e *events.Error
	if errors.As(err, &e) {
		return e.Errno, e.LogText()
	}
	var errno events.Errno
	errors.As(err, &errno)
	return errno, ""
}

// TestE3DocumentedCallsAreAccepted: events in the examples of `trapline call`
// are on functions that the kernel lets be probed.
func TestE3DocumentedCallsAreAccepted(t *testing.T) {
	j := kcall.NewJudge(debianKernel(t, "amd64"))
	event := regexp.MustCompile("-p '([^']*)'")
	n := 0
	for _, file := range []string{"../../../README.md", "../../../docs/events.md", "../../../cmd/trapline/call.go"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			if !strings.Contains(line, "trapline call ") {
				continue
			}
			for _, m := range event.FindAllStringSubmatch(line, -1) {
				r := tracefs.New(tracefs.Config{Arch: x86.AMD64, Kprobes: j, CPUs: 1})
				assert.NoError(t, r.Write(tracefs.KprobeEvents, []byte(m[1]+"\n")), "%s: %s", file, m[1])
				n++
			}
		}
	}
	assert.GreaterOrEqual(t, n, 4)
}

// TestTablesWithoutSymbols: what is found in an image that names no data is what the names lead to.
func TestTablesWithoutSymbols(t *testing.T) {
	image := debianKernel(t, "amd64")
	named := kcall.NewJudge(image)
	require.Empty(t, named.Unknown())
	bare := *image
	bare.Symbols = slices.DeleteFunc(slices.Clone(image.Symbols), func(s loader.Symbol) bool {
		return strings.HasPrefix(s.Name, "__start_") || strings.HasPrefix(s.Name, "__stop_")
	})
	found := kcall.NewJudge(&bare)
	require.Empty(t, found.Unknown())
	for _, s := range bare.Symbols {
		assert.Equal(t, named.MayProbe(s.Addr), found.MayProbe(s.Addr), s.Name)
		assert.Equal(t, named.Notrace(s.Addr), found.Notrace(s.Addr), s.Name)
	}
	bare.Segments = slices.DeleteFunc(slices.Clone(image.Segments), func(s loader.Segment) bool { return s.Prot&loader.ProtW != 0 })
	assert.Len(t, kcall.NewJudge(&bare).Unknown(), 2)
}

// TestTablesOfI386: Debian's i386 kernel names no data, and is asked all the same.
func TestTablesOfI386(t *testing.T) {
	j := kcall.NewJudge(debianKernel(t, "i386"))
	require.Empty(t, j.Unknown())
	_, known := j.Address("__start_kprobe_blacklist")
	require.False(t, known)
	for line, want := range map[string]events.Errno{
		"p vfs_read": 0, "r vfs_read": 0, "p vfs_read+1": events.EILSEQ,
		"p do_int3": events.EINVAL, "p get_kprobe": events.EINVAL, "p notify_die": events.EINVAL, "p preempt_schedule": events.EINVAL,
		"p do_user_addr_fault": events.EINVAL, "p arch_rethook_trampoline": events.EINVAL, "p t_next": events.EADDRNOTAVAIL,
	} {
		r := tracefs.New(tracefs.Config{Arch: x86.I386, Kprobes: j, CPUs: 2})
		err := r.Write(tracefs.KprobeEvents, []byte(line+"\n"))
		var errno events.Errno
		errors.As(err, &errno)
		assert.Equal(t, want, errno, "%s: %v", line, r.ErrorLog())
	}
}
