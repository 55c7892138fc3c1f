package tracekprobe_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// getppid stands for the recorded kernel's functions: same names, sizes and
// return address, called as often as the recorded program did.
const getppid = `
do_syscall_64:
	.fill 0x58, 1, 0x90
	call __do_sys_getppid
	ret
	.fill 0xb0-0x5e, 1, 0x90
	.globl main, vfs_write, do_syscall_64
main:	call vfs_write
	mov $4, %ebx
again:	call enter
	dec %ebx
	jnz again
	ret
enter:	push %rax
	call do_syscall_64
	pop %rax
	ret
	.balign 16
vfs_write:
	ret
	.fill 0x3ef, 1, 0x90
__do_sys_getppid:
	mov $0x139, %eax
	ret
	.fill __do_sys_getppid + 0x40 - ., 1, 0x90
after:	nop
`

// TestRecordedOrder plays the recorded session of several events at one
// address: which fire, in what order, with what values and counts. Only the
// instructions of do_syscall_64 behind the call are not the kernel's.
func TestRecordedOrder(t *testing.T) {
	text, err := os.ReadFile("../../events/testdata/kprobe/k_profile.txt")
	require.NoError(t, err)
	r := newRig(t, x86.AMD64, "modern", getppid)
	r.g.K.Tasks[0].Name = "kt"
	session := strings.Split(string(text), "$ run ")[0]
	for _, l := range regexp.MustCompile(`kdef '(.*)'`).FindAllStringSubmatch(session, -1) {
		line := strings.Replace(l[1], "__x64_sys_getppid", "__do_sys_getppid", 1) // one address, the recorded trace's name
		require.NoError(t, r.t.Registry().Write(tracefs.KprobeEvents, []byte(line+"\n")), line)
	}
	require.NoError(t, r.t.WriteFile("events/o/enable", "1", true))
	require.NoError(t, r.t.WriteFile("events/g2/enable", "1", true))
	r.run()
	var want []string
	for _, l := range regexp.MustCompile(`(?m)^ +kt-.*?: (.*)$`).FindAllStringSubmatch(string(text), 17) {
		want = append(want, l[1])
	}
	require.Len(t, want, 17)
	var got []string
	for _, l := range r.columns() {
		if !strings.HasPrefix(l, "g5: ") {
			got = append(got, l)
		}
	}
	require.Equal(t, want, got)
	profile := regexp.MustCompile(`(?m)^  g[1-4] .* 4 +0$`)
	require.Equal(t, profile.FindAllString(string(text), 4), profile.FindAllString(r.read("kprobe_profile"), 4))
}

// banner gives vfs_read what the recorded call had: registers, a stack, the
// kernel's banner, and a user page that is not there.
const banner = `
	.globl main, vfs_read, ksys_read, linux_proc_banner
ksys_read:
	.fill 0x66, 1, 0x90
	call vfs_read
	ret
	.fill 0xf0-0x6c, 1, 0x90
main:	mov $16, %edx
	mov $0x4000, %esi
	call ksys_read
	ret
	.balign 16
vfs_read: ret
	.fill 0x30f, 1, 0x90
linux_proc_banner: .asciz "%s version %s (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) %s\n"
`

// TestRecordedTypes fetches the recorded argument types. The recorder kept the
// line up to the banner's newline.
func TestRecordedTypes(t *testing.T) {
	text, err := os.ReadFile("../../events/testdata/kprobe/k_types.txt")
	require.NoError(t, err)
	line := regexp.MustCompile(`kdef '(.*)'`).FindStringSubmatch(string(text))[1]
	want := regexp.MustCompile(`(?m)^ +kt-.*?: (t: .*)$`).FindStringSubmatch(string(text))[1]
	r := newRig(t, x86.AMD64, "modern", banner)
	r.g.K.Tasks[0].Name = "kt"
	require.NoError(t, r.t.Define(line))
	r.run()
	got := r.columns()
	require.Len(t, got, 1)
	require.Equal(t, want, strings.Split(got[0], "\n")[0])
}
