# shellcheck shell=bash
# The machines that run.sh starts, for it and for what starts the same ones. Nothing here looks at the variables of
# whoever sources it: a machine is an associative array whose name is handed over, with
#
#   qemu       the QEMU to run
#   type       q35, pc or microvm
#   devices    default, or none for a machine without ours
#   build      the folder of the images
#   masks      a file with a BAR mask table to offer; not there or empty: none
#   ovmf_code, ovmf_vars  from find_ovmf

# Debian 12's name first, then the names of other releases and distributions.
ovmf_pairs=(
    /usr/share/OVMF/OVMF_CODE_4M.fd:/usr/share/OVMF/OVMF_VARS_4M.fd
    /usr/share/OVMF/OVMF_CODE.fd:/usr/share/OVMF/OVMF_VARS.fd
    /usr/share/edk2/x64/OVMF_CODE.4m.fd:/usr/share/edk2/x64/OVMF_VARS.4m.fd
)

# find_ovmf MACHINE: the firmware of this host, or of the folder that the environment variable OVMF names; neither member is set when there
# is none. Status 1 where OVMF names a folder that has not both files.
find_ovmf() {
    local -n found=$1
    local pair pairs=("${ovmf_pairs[@]}")
    [[ -z ${OVMF-} ]] || pairs=("$OVMF/OVMF_CODE.fd:$OVMF/OVMF_VARS.fd")
    for pair in "${pairs[@]}"; do
        if [[ -r ${pair%%:*} && -r ${pair#*:} ]]; then
            found[ovmf_code]=${pair%%:*} found[ovmf_vars]=${pair#*:}
            return
        fi
    done
    [[ -z ${OVMF-} ]]
}

# Devices that need nothing from the host: a disk that reads zeroes, memory to share with nobody, cards without a net.
common_devices=(
    -device virtio-net-pci
    -device 'virtio-blk-pci,drive=d0' -drive 'id=d0,if=none,file=null-co://,format=raw'
    -device e1000e
    -device 'nvme,serial=x'
    -device qemu-xhci
    -device 'ivshmem-plain,memdev=m0' -object 'memory-backend-ram,id=m0,size=64M,share=on'
)
root_ports=(
    -device 'pcie-root-port,id=rp1,chassis=1,slot=1'
    -device 'pcie-root-port,id=rp2,chassis=2,slot=2'
    -device 'pcie-root-port,id=rp3,chassis=3,slot=3'
    -device 'pcie-root-port,id=rp4,chassis=4,slot=4'
    -device 'e1000e,bus=rp1'
    -device 'virtio-rng-pci,bus=rp2'
    -device 'pcie-pci-bridge,id=pb,bus=rp3'
    -device 'e1000,bus=pb,addr=1'
    -device 'pci-testdev,bus=pb,addr=2'
    -device 'pci-bridge,id=pb2,chassis_nr=9,bus=pb,addr=3'
    -device 'edu,bus=pb2,addr=5'
    -device 'pci-testdev,bus=pb2,addr=6.0,multifunction=on'
    -device 'pci-testdev,bus=pb2,addr=6.3'
)
# The same shape from conventional PCI alone.
pci_bridges=(
    -device 'pci-bridge,id=pb1,chassis_nr=1'
    -device 'pci-bridge,id=pb2,chassis_nr=2'
    -device 'e1000,bus=pb1,addr=1'
    -device 'pci-testdev,bus=pb1,addr=2'
    -device 'pci-bridge,id=pb3,chassis_nr=3,bus=pb1,addr=3'
    -device 'edu,bus=pb3,addr=5'
    -device 'pci-testdev,bus=pb3,addr=6.0,multifunction=on'
    -device 'pci-testdev,bus=pb3,addr=6.3'
    -device 'virtio-rng-pci,bus=pb2,addr=1'
)

# qemu_command ARRAY MACHINE ACCEL BOOT OPTIONS [QEMU-ARGUMENT...]: QEMU's whole command line for one run, into ARRAY.
qemu_command() {
    local -n out=$1 of=$2
    local accel=$3 boot=$4 options=$5
    shift 5
    out=("${of[qemu]}" -no-user-config -nodefaults -display none -no-reboot -m 512 -accel "$accel")
    case $accel in
    # Without arch-capabilities: some nested KVMs advertise that MSR and then refuse it, which ends QEMU.
    kvm) out+=(-cpu 'host,-arch-capabilities') ;;
    tcg) out+=(-cpu max) ;;
    esac
    case ${of[type]} in
    microvm) out+=(-M 'microvm,pcie=on,acpi=on') ;;
    *) out+=(-M "${of[type]}") ;;
    esac
    out+=(-serial stdio -device 'isa-debug-exit,iobase=0xf4,iosize=4')
    # A sound card without a back end of its own would make QEMU look for the host's, and wait for it for minutes.
    [[ " $* " == *' -audio'* ]] || out+=(-audiodev 'none,id=silent')
    if [[ ${of[devices]} == default ]]; then
        case ${of[type]} in
        q35) out+=(-device VGA "${common_devices[@]}" "${root_ports[@]}") ;;
        pc) out+=(-device VGA "${common_devices[@]}" "${pci_bridges[@]}") ;;
        microvm) out+=("${common_devices[@]}" "${root_ports[@]}") ;;
        esac
    fi
    case $boot in
    efi | iso)
        # snapshot=on: the variables are written to a temporary copy that QEMU makes and removes.
        out+=(-drive "if=pflash,unit=0,format=raw,readonly=on,file=${of[ovmf_code]}"
            -drive "if=pflash,unit=1,format=raw,snapshot=on,file=${of[ovmf_vars]}")
        ;;
    pvh | linux) out+=(-bios qboot.rom) ;;
    esac
    case $boot in
    pvh) out+=(-kernel "${of[build]}/barometer.elf" -append "$options") ;;
    linux) out+=(-kernel "${of[build]}/barometer.bz" -append "$options") ;;
    efi) out+=(-kernel "${of[build]}/barometer.efi" -append "$options") ;;
    iso | iso-bios)
        out+=(-drive "if=ide,media=cdrom,readonly=on,format=raw,file=${of[build]}/barometer.iso")
        # A capture brings its own options, and a kernel goes before a CD.
        case ${options:+$boot} in
        iso) out+=(-kernel "${of[build]}/barometer.efi" -append "$options") ;;
        iso-bios) out+=(-kernel "${of[build]}/barometer.bz" -append "$options") ;;
        esac
        ;;
    esac
    [[ ! -s ${of[masks]-} ]] || out+=(-fw_cfg "name=opt/org.barometer/pci-bar-masks,file=${of[masks]}")
    out+=("$@")
}
