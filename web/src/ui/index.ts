// The kit: what pages are made of.

export { Ago } from "./Ago";
export { Amount } from "./Amount";
export { Badge, Status, type Tone } from "./Badge";
export { Button, ButtonLink, IconButton } from "./Button";
export { Card, CardBody, CardHeader, Facts } from "./Card";
export { Chart, type Series } from "./Chart";
export { CopyButton, CopyLine } from "./CopyButton";
export { cx } from "./cx";
export { Dialog, Drawer } from "./Dialog";
export { EmptyState } from "./EmptyState";
export { ErrorState, Problem } from "./ErrorState";
export { Field, useField } from "./Field";
export { Checkbox, Choice, CodeInput, Input, Password, Select, Switch, Textarea } from "./Input";
export { Menu, MenuChoice, MenuItem, MenuLabel, MenuLine } from "./Menu";
export { Notice } from "./Notice";
export { Page, PageHeader, PRODUCT, Section, Title } from "./Page";
export { Pairs } from "./Pairs";
export { Progress } from "./Progress";
export { Scroll } from "./Scroll";
export { Loading, Skeleton, SkeletonPage, SkeletonRows, SkeletonText } from "./Skeleton";
export { type Column, Table } from "./Table";
export { TabLinks, Tabs } from "./Tabs";
export { Tooltip } from "./Tooltip";
export { toast } from "./toast";
export { useExplain } from "./useExplain";
export { useRefusal } from "./useRefusal";
export { When } from "./When";
