"""Applies the steps one after the other to a copy of chapter 11, builds
and boots each.   python3 try.py ROOT [STEP ...]"""
import os, shutil, subprocess, sys, time
root=sys.argv[1]; here=os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0,root+"/tools")
import qemu
T=root+"/try-async"
steps=sorted((d for d in os.listdir(here+"/steps")),key=lambda d:int(d.split("-")[0]))
def fresh():
    shutil.rmtree(root+'/build/try-async',ignore_errors=True)
    shutil.rmtree(T,ignore_errors=True); shutil.copytree(root+"/11-allocators",T)
def apply(step):
    base=here+"/steps/"+step
    for d,_,fs in os.walk(base):
        rel=os.path.relpath(d,base)
        if not rel.startswith(("src","tests")): continue
        for f in fs:
            os.makedirs(T+"/"+rel,exist_ok=True); shutil.copy(d+"/"+f,T+"/"+rel+"/"+f)
    if os.path.exists(base+"/DELETE"):
        for f in open(base+"/DELETE").read().split():
            if os.path.exists(T+"/"+f): os.remove(T+"/"+f)
def cpu(pid):
    f=open("/proc/%d/stat"%pid).read().rsplit(")",1)[1].split()
    return (int(f[11])+int(f[12]))/os.sysconf("SC_CLK_TCK")
def run(step,keys,extra=None):
    if extra: shutil.copy(here+"/steps/"+extra[0],T+"/"+extra[1])
    done=subprocess.run(["make","-s","STRICT=1","-j2"],cwd=T,capture_output=True,text=True)
    print("=====",step,"make",done.returncode,done.stderr[-1500:])
    if done.returncode: return
    with qemu.Machine(root+"/build/try-async/kernel.iso") as m:
        m.wait_serial("Hello",seconds=10)
        time.sleep(1)
        for k in keys:
            if k.startswith("@"): time.sleep(float(k[1:])); print("  after",k,repr(m.serial()[-60:]))
            else: m.type(k)
        time.sleep(.5)
        a=cpu(m.process.pid)
        t=time.time(); time.sleep(3)
        if a is not None: print("  cpu %.0f %%"%(100*(cpu(m.process.pid)-a)/(time.time()-t)))
        print(m.screen().text.rstrip()); 
if __name__=="__main__":
    fresh()
    only=sys.argv[2:]
    keys={"1-number":[],"2-macros":[],"3-checks":[],"4-key":["hi"],"5-tasks":["hi there"],"6-wakers":["hi there"],
          "7-lost":["@4","h","@1","i","@5","j","@5"],"8-halt":["hi there"],"9-sleep":["hi there"],"10-line":["helo<left>l\n"]}
    for s in steps:
        apply(s)
        if only and s not in only: continue
        run(s,keys.get(s,[]))
        if s=="7-lost": run(s+" mended",["@4","h","@1","i","@5","j","@5"],("7-lost/keys-mended-but-slow.c","src/kernel/keys.c"))
