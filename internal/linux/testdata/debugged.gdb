break leaf if n == 1
tbreak main
info breakpoints
run
next 3
step
backtrace
info registers rip rsp rbp cs ss
print $xmm0.v4_int32[1] = 77
print $xmm0.v4_int32[1]
x/6i $pc
x/2xb $sp
continue
up
info locals
print *p
print middle(p, 10)
finish
watch counter
continue
continue
info watchpoints
stepi
nexti
x/i $pc
disassemble /r leaf
delete
handle SIGUSR1 stop print pass
continue
backtrace 1
catch syscall wait4
break handler
continue
print half
delete 4 5
break leaf
continue
backtrace 3
thread apply all print counter
print counter = 100
delete 6
continue
ptype struct pair
x/s "text"
