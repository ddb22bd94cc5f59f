/** The page's icons: lines of 1.5 on a grid of 16. They are decoration; the controls that hold them have names. */
const PATHS = {
  chevron: "M6 4l4 4-4 4", down: "M4 6l4 4 4-4", close: "M4 4l8 8M12 4l-8 8", plus: "M8 3v10M3 8h10", minus: "M3 8h10",
  copy: "M6 6V3h7v7h-3M3 6h7v7H3z", check: "M3 8.5l3.2 3L13 4.500", eye: "M1.500 8S4 3.500 8 3.500 14.500 8 14.500 8 12 12.500 8 12.500 1.500 8 1.500 8zM8 10a2 2 0 100-4 2 2 0 000 4z",
  hidden: "M2 2l12 12M6.200 3.800C6.800 3.600 7.400 3.500 8 3.500c4 0 6.500 4.500 6.500 4.500s-.7 1.300-2 2.500M9.800 12.200c-.6.2-1.200.3-1.800.3C4 12.500 1.500 8 1.500 8s.8-1.500 2.300-2.800",
  share: "M8 10V2M5 4.500L8 1.800l3 2.700M3.500 8v5.500h9V8", sun: "M8 10.500a2.500 2.500 0 100-5 2.500 2.500 0 000 5zM8 1.500v1.300M8 13.200v1.300M1.500 8h1.300M13.200 8h1.300M3.400 3.400l.9.9M11.700 11.700l.9.9M12.600 3.400l-.9.9M4.300 11.700l-.9.9",
  moon: "M13 9.500A5.500 5.500 0 016.500 3 5.500 5.500 0 1013 9.500z", auto: "M8 2a6 6 0 100 12A6 6 0 008 2zM8 2v12M8 4.500l4.500 2M8 8l5.500 1M8 11l4 1",
  history: "M2.500 8a5.500 5.500 0 101.800-4.100M2.500 2.500v2.700h2.700M8 5v3.300l2.200 1.300", keys: "M1.500 4h13v8h-13zM4 6.500h.1M6.700 6.500h.1M9.300 6.500h.1M12 6.500h.1M5 9.500h6",
  lock: "M4 7.500h8V13H4zM5.500 7.500V5.200a2.500 2.500 0 015 0v2.300", shield: "M8 1.800l5 1.700v4c0 3-2 5.300-5 6.700-3-1.400-5-3.700-5-6.700v-4z",
  pin: "M6 2h4l-.5 4.500L12 9H4l2.500-2.500zM8 9v5", save: "M3 3h8l2 2v8H3zM5.500 3v3.500h4V3M5.500 13V9.500h5V13", edit: "M3 13l.7-2.800L10.500 3.400l2.100 2.100-6.800 6.800z",
  warning: "M8 2.500l6 10.500H2zM8 6.500v3M8 11.300v.1", error: "M8 14A6 6 0 108 2a6 6 0 000 12zM8 5v3.500M8 10.800v.1", advice: "M6.200 13.500h3.600M6.500 11c0-1.800-2.500-2.500-2.500-5a4 4 0 018 0c0 2.500-2.500 3.200-2.500 5z",
  arrow: "M13 8H3.500M7 4L3 8l4 4",
  tree: "M3 3v9h4M3 7h4M9 7h4M9 12h4", file: "M4 2h5l3 3v9H4zM9 2v3h3",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d={PATHS[name]} /></svg>
  );
}
